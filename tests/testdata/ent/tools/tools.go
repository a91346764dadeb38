//go:build tools

// Package tools keeps what generates ent's code among the requirements of this module.
package tools

import _ "entgo.io/ent/entc"

// Prints the tables of ent schema packages as PostgreSQL DDL. Built inside the developer's module,
// beside a generated file that registers every struct type of the packages.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/entc/load"
)

// What is written into the file named by the first argument: DDL, or the one fault found.
type answer struct {
	SQL     string   `json:"sql,omitempty"`
	Fault   string   `json:"fault,omitempty"`
	Package string   `json:"package,omitempty"`
	Details []string `json:"details,omitempty"`
}

// The ent types of one package. An edge reaches types of its own package only, so each has a graph.
type schemaPackage struct {
	path    string
	types   []ent.Interface
	schemas []*load.Schema
	tables  []*schema.Table
}

var packages []*schemaPackage

// Registers T if it is an ent type, by the rule of ent itself.
func add[T any](path string) {
	var value T
	typ, ok := any(value).(ent.Interface)
	if !ok {
		return
	}
	if len(packages) == 0 || packages[len(packages)-1].path != path {
		packages = append(packages, &schemaPackage{path: path})
	}
	last := packages[len(packages)-1]
	last.types = append(last.types, typ)
}

func main() {
	// The other end is open for as long as somebody waits for the answer.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(130)
	}()
	text, err := json.Marshal(dump())
	if err == nil {
		err = os.WriteFile(os.Args[1], text, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func dump() answer {
	for _, p := range packages {
		if err := p.load(); err != nil {
			return answer{Fault: "graph", Package: p.path, Details: strings.Split(err.Error(), "\n")}
		}
	}
	packages = withoutTwins(packages)
	if len(packages) == 0 {
		return answer{Fault: "empty"}
	}
	var tables []*schema.Table
	for _, p := range packages {
		tables = append(tables, p.tables...)
	}
	if details := schemaless(); len(details) > 0 {
		return answer{Fault: "schemaless", Details: details}
	}
	if details := repeated(); len(details) > 0 {
		return answer{Fault: "repeated", Details: details}
	}
	// The version decides over INCLUDE in an index alone, which came with PostgreSQL 11.
	sql, err := schema.Dump(context.Background(), dialect.Postgres, "15.0.0", tables)
	if err != nil {
		return answer{Fault: "graph", Details: strings.Split(err.Error(), "\n")}
	}
	return answer{SQL: sql}
}

func (p *schemaPackage) load() (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	for _, typ := range p.types {
		text, err := load.MarshalSchema(typ)
		if err != nil {
			return err
		}
		loaded, err := load.UnmarshalSchema(text)
		if err != nil {
			return err
		}
		p.schemas = append(p.schemas, loaded)
	}
	// As ent does, so that the order of the tables does not follow the order of the files.
	slices.SortFunc(p.schemas, func(a, b *load.Schema) int { return strings.Compare(a.Name, b.Name) })
	graph, err := gen.NewGraph(&gen.Config{Package: p.path, Schema: p.path}, p.schemas...)
	if err != nil {
		return err
	}
	tables, err := graph.Tables()
	if err != nil {
		return err
	}
	views, err := graph.Views()
	p.tables = append(tables, views...)
	return err
}

// Leaves out the packages whose types name no PostgreSQL schema while another package declares types
// of the same names that do: a project may keep such twins for its generated clients.
func withoutTwins(all []*schemaPackage) []*schemaPackage {
	placed := map[string]bool{}
	for _, p := range all {
		if p.isPlaced() {
			for _, s := range p.schemas {
				placed[s.Name] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p *schemaPackage) bool {
		return !slices.ContainsFunc(p.tables, func(t *schema.Table) bool { return t.Schema != "" }) &&
			!slices.ContainsFunc(p.schemas, func(s *load.Schema) bool { return !placed[s.Name] })
	})
}

func (p *schemaPackage) isPlaced() bool {
	return !slices.ContainsFunc(p.tables, func(t *schema.Table) bool { return t.Schema == "" })
}

func schemaless() (details []string) {
	for _, p := range packages {
		for _, t := range p.tables {
			if t.Schema == "" {
				details = append(details, fmt.Sprintf("%s: table %q", p.path, t.Name))
			}
		}
	}
	return details
}

func repeated() (details []string) {
	owners := map[string]string{}
	for _, p := range packages {
		for _, t := range p.tables {
			name := t.Schema + "." + t.Name
			if owner, taken := owners[name]; taken {
				details = append(details, fmt.Sprintf("%s: %s and %s", name, owner, p.path))
			}
			owners[name] = p.path
		}
	}
	return details
}

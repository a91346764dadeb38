// Package schema declares what bronze keeps of AWS.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

type Instance struct {
	ent.Schema
}

func (Instance) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("resource_id"),
		field.JSON("tags", map[string]string{}).Optional(),
		field.Time("collected_at"),
	}
}

func (Instance) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Schema("bronze"),
		entsql.Table("aws_instances"),
	}
}

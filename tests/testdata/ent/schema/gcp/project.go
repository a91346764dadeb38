// Package gcp holds the types themselves, which know nothing of the place of their tables.
package gcp

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

type Project struct {
	ent.Schema
}

func (Project) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("project_id"),
		field.String("name").NotEmpty(),
	}
}

func (Project) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("disks", Disk.Type),
	}
}

func (Project) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Annotation{Table: "gcp_projects"},
	}
}

type Disk struct {
	ent.Schema
}

func (Disk) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("resource_id"),
		field.Int64("size_gb").Default(10),
	}
}

func (Disk) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("project", Project.Type).Ref("disks").Unique().Required(),
	}
}

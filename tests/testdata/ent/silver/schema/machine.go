// Package schema declares silver.
package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
)

// Placed puts a table into the PostgreSQL schema of this layer.
type Placed struct {
	mixin.Schema
}

func (Placed) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Schema("silver")}
}

type Machine struct {
	ent.Schema
}

func (Machine) Mixin() []ent.Mixin {
	return []ent.Mixin{Placed{}}
}

func (Machine) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(255).Unique(),
		field.Enum("state").NamedValues("Running", "running", "Gone", "it's gone").Default("running"),
		field.JSON("labels", map[string]string{}).Optional().
			Annotations(entsql.DefaultExpr("'{}'::jsonb")),
		field.Time("seen_at").Default(time.Now).
			Annotations(entsql.Default("CURRENT_TIMESTAMP")),
		field.Text("note").Optional().Nillable().
			Comment("what a person wrote; it may say \"anything\"").
			Annotations(entsql.WithComments(true)),
	}
}

func (Machine) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("addresses", Address.Type).
			Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("peers", Machine.Type),
	}
}

func (Machine) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("state", "seen_at"),
	}
}

type Address struct {
	ent.Schema
}

func (Address) Mixin() []ent.Mixin {
	return []ent.Mixin{Placed{}}
}

func (Address) Fields() []ent.Field {
	return []ent.Field{
		field.String("ip").SchemaType(map[string]string{"postgres": "inet"}),
		field.Bool("public").Default(false),
	}
}

func (Address) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("machine", Machine.Type).Ref("addresses").Unique().Required(),
	}
}

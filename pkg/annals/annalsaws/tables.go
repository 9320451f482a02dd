// Package annalsaws describes a service's resources on AWS: its tables, functions and routes, and the environment
// variables of its functions. Start with [Tables]. It is plain data that the functions, the stack and the operators'
// tools share.
package annalsaws

import (
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// Table is one table of a service.
type Table struct {
	// Name is the table's name in the declaration, in kebab case: "orders".
	Name string
	dynamotable.Table
}

// Env returns the environment variable that holds the table's name on DynamoDB: TABLE_ORDERS.
func (t Table) Env() string {
	return "TABLE_" + strings.ToUpper(strings.ReplaceAll(t.Name, "-", "_"))
}

// Output returns the stack's output that has the table's name on DynamoDB: OrdersTableName.
func (t Table) Output() string { return Pascal(t.Name) + "TableName" }

// The tables that every service has.
var (
	// Events is the event table.
	Events = Table{Name: "events", Table: dynamostore.EventsTable}
	// Snapshots holds the aggregates' snapshots.
	Snapshots = Table{Name: "snapshots", Table: dynamostore.SnapshotsTable}
	// Projections is the catalog: the generations of all projections.
	Projections = Table{Name: "projections", Table: dynamoview.ReadTable}
	// Keys holds the keys of personal data, if the service has any.
	Keys = Table{Name: "keys", Table: dynamokeys.Table}
	// Publisher holds the checkpoints of the publisher of integration events.
	Publisher = Table{Name: publish.Name, Table: dynamoview.ReadTable}
	// Connections holds the WebSocket connections and their subscriptions.
	Connections = Table{Name: "connections", Table: dynamotable.Table{
		Partition:  dynamotable.Key{Name: "pk", Type: dynamotable.String},
		Sort:       dynamotable.Key{Name: "sk", Type: dynamotable.String},
		TimeToLive: "expires",
	}}
)

// KeyTables returns the table of keys, if events of a service have personal data, or nothing.
func KeyTables(s *annals.Service) []Table { return keyTables(s.HasPersonal()) }

func keyTables(personal bool) []Table {
	if !personal {
		return nil
	}
	return []Table{Keys}
}

// ReadTable returns the read table of a read model.
func ReadTable(m *annals.DeclaredReadModel) Table { return readTable(m.Name(), m.Indexes) }

func readTable(name string, indexes int) Table {
	if indexes == 0 {
		return Table{Name: name, Table: dynamoview.ReadTable}
	}
	return Table{Name: name, Table: dynamoview.IndexedReadTable}
}

// ReadTables returns the read tables of a service's read models on DynamoDB. Those of replaced read models are last.
func ReadTables(s *annals.Service) []Table {
	return readTables(s, func(*annals.DeclaredReadModel) bool { return true })
}

// CurrentReadTables returns the read tables of the read models that are not replaced.
func CurrentReadTables(s *annals.Service) []Table {
	return readTables(s, func(m *annals.DeclaredReadModel) bool { return !m.Replaced })
}

// ReplacedReadTables returns the read tables of replaced read models.
func ReplacedReadTables(s *annals.Service) []Table {
	return readTables(s, func(m *annals.DeclaredReadModel) bool { return m.Replaced })
}

// InlineReadTables returns the read tables whose rows are stored by commands, together with their events.
func InlineReadTables(s *annals.Service) []Table {
	return readTables(s, func(m *annals.DeclaredReadModel) bool { return m.Inline })
}

func readTables(s *annals.Service, wanted func(*annals.DeclaredReadModel) bool) []Table {
	var all []Table
	for _, m := range s.ReadModels {
		if m.Store == annals.DynamoDB && wanted(m) {
			all = append(all, ReadTable(m))
		}
	}
	return all
}

// ReactionTables returns the tables with the checkpoints of a service's reactions. The publisher's is last.
func ReactionTables(s *annals.Service) []Table {
	all := make([]Table, 0, len(s.Reactions)+1)
	for _, r := range s.Reactions {
		all = append(all, reactionTable(r.Name, r.Deadlines))
	}
	return append(all, Publisher)
}

// reactionTable is the table of a reaction. The open deadlines of a timer are a list over its index.
func reactionTable(name string, timer bool) Table {
	if timer {
		return readTable(name, 1)
	}
	return readTable(name, 0)
}

// CommandTables are the tables that the command function uses.
func CommandTables(s *annals.Service) []Table {
	return slices.Concat([]Table{Events, Snapshots, Projections}, KeyTables(s), InlineReadTables(s))
}

// QueryTables are the tables that the query function uses.
func QueryTables(s *annals.Service) []Table {
	return slices.Concat([]Table{Events, Projections}, KeyTables(s), ReadTables(s))
}

// ProjectorTables are the tables that the projector function uses.
func ProjectorTables(s *annals.Service) []Table {
	return slices.Concat([]Table{Events, Snapshots, Projections, Connections}, KeyTables(s), ReadTables(s))
}

// ReactorTables are the tables that the reactor function uses.
func ReactorTables(s *annals.Service) []Table {
	return slices.Concat([]Table{Events, Snapshots, Projections}, KeyTables(s), ReactionTables(s))
}

// RebuilderTables are the tables that the rebuilder function uses. It removes snapshots of people who are forgotten.
func RebuilderTables(s *annals.Service) []Table {
	tables := []Table{Events, Projections}
	if s.HasPersonal() {
		tables = append(tables, Snapshots)
	}
	return slices.Concat(tables, KeyTables(s), ReadTables(s))
}

// SocketTables are the tables that the socket function uses.
func SocketTables(*annals.Service) []Table { return []Table{Connections} }

// Tables are all tables of a service.
func Tables(s *annals.Service) []Table {
	return slices.Concat(ReactionTables(s), ProjectorTables(s))
}

// TablesOf returns all tables of a service by its description: those that [Tables] returns for its declaration.
func TablesOf(d annals.Description) []Table {
	var all []Table
	for _, r := range d.Reactions {
		if r.Name != publish.Name {
			all = append(all, reactionTable(r.Name, slices.Contains(d.Timers, r.Name)))
		}
	}
	all = append(all, Publisher, Events, Snapshots, Projections, Connections)
	all = append(all, keyTables(slices.ContainsFunc(d.Aggregates, func(a annals.AggregateDescription) bool { return a.Personal }))...)
	for _, m := range d.ReadModels {
		if m.Store == "" { // on DynamoDB
			all = append(all, readTable(m.Name, m.Indexes))
		}
	}
	return all
}

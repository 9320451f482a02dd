package annals

import (
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Description describes a service for tools: plain data, as JSON.
type Description struct {
	Name       string                 `json:"name"`
	Title      string                 `json:"title"`
	Aggregates []AggregateDescription `json:"aggregates"`
	ReadModels []ReadModelDescription `json:"readModels"`
	// Reactions are what answers events. The publisher of public events, if the service has any, is the last.
	Reactions []projection.Description `json:"reactions"`
	// Timers are the names of the reactions that ask for deadlines. Processes are those of them that are processes.
	Timers    []string `json:"timers,omitempty"`
	Processes []string `json:"processes,omitempty"`
	// Recurring is the recurring work.
	Recurring []RecurrenceDescription `json:"recurring,omitempty"`
	// Publishes are the types of the streams that have public events.
	Publishes  []string               `json:"publishes"`
	Operations []OperationDescription `json:"operations"`
	// Secrets are the names of the environment variables that hold secrets, without their values.
	Secrets []string `json:"secrets"`
	// Clients are the names of the clients of other systems.
	Clients []string `json:"clients"`
}

// AggregateDescription describes an aggregate.
type AggregateDescription struct {
	StreamType string `json:"streamType"`
	Hidden     bool   `json:"hidden,omitempty"`
	// Personal is true if its events have personal data. The service then has a table of keys.
	Personal bool `json:"personal,omitempty"`
	// SnapshotEvery is after how many events a snapshot is due; 0 = no snapshots.
	SnapshotEvery  int                `json:"snapshotEvery,omitempty"`
	SnapshotSchema int                `json:"snapshotSchema,omitempty"`
	Events         []EventDescription `json:"events"`
}

// EventDescription is a stored type of events.
type EventDescription struct {
	Type   string `json:"type"`
	Schema int    `json:"schema"`
	// Old is true if no new event is stored with this schema. An upcaster reads it.
	Old bool `json:"old,omitempty"`
}

// ReadModelDescription describes a read model.
type ReadModelDescription struct {
	projection.Description
	// Indexes is how many lists over an index its read table has room for.
	Indexes int `json:"indexes"`
	// Store is where its rows are, empty for DynamoDB.
	Store Store `json:"store,omitempty"`
	// Replaced: another read model replaces it.
	Replaced bool `json:"replaced,omitempty"`
}

// RecurrenceDescription describes recurring work.
type RecurrenceDescription struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
	TimeZone   string `json:"timeZone,omitempty"`
}

// OperationDescription describes a route.
type OperationDescription struct {
	ID      string `json:"id"`
	Summary string `json:"summary,omitempty"`
	Kind    Kind   `json:"kind"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	Scope   string `json:"scope"`
	// ReadModel is the read model that answers a query, once it is filled.
	ReadModel string `json:"readModel,omitempty"`
	// Example is an example of the operation's body.
	Example any `json:"example,omitempty"`
}

// Describe returns the description of the service for tools. It is the same for the same declaration.
func (s *Service) Describe() Description {
	d := Description{
		Name: s.Name, Title: s.API.Title, Aggregates: []AggregateDescription{},
		ReadModels: []ReadModelDescription{},
		Reactions:  []projection.Description{}, Publishes: []string{},
		Operations: []OperationDescription{}, Secrets: []string{}, Clients: []string{},
	}
	for _, a := range s.Aggregates {
		d.Aggregates = append(d.Aggregates, AggregateDescription{
			StreamType: a.StreamType, Hidden: a.Hidden, Personal: a.Personal, SnapshotEvery: a.Snapshots.Every, SnapshotSchema: a.Snapshots.Schema,
			Events: describeEvents(a.StoredTypes),
		})
	}
	for _, m := range s.ReadModels {
		d.ReadModels = append(d.ReadModels, ReadModelDescription{
			Description: m.Describe(), Indexes: m.Indexes, Replaced: m.Replaced,
		})
		if m.Store != DynamoDB {
			d.ReadModels[len(d.ReadModels)-1].Store = m.Store
		}
	}
	d.Reactions = append(d.Reactions, s.describeReactions()...)
	for _, r := range s.Reactions {
		if r.Deadlines {
			d.Timers = append(d.Timers, r.Name)
		}
		if r.Process {
			d.Processes = append(d.Processes, r.Name)
		}
	}
	for _, r := range s.Recurring {
		d.Recurring = append(d.Recurring, RecurrenceDescription{r.Name, r.Expression, r.TimeZone})
	}
	for _, p := range s.Public {
		d.Publishes = append(d.Publishes, p.StreamType)
	}
	for _, o := range s.Operations {
		described := OperationDescription{
			ID: o.ID, Summary: o.Summary, Kind: o.Kind, Method: o.Method, Path: o.Path, Scope: s.ScopeOf(o.Scope),
			Example: o.Example,
		}
		if len(o.Readings) > 0 {
			described.ReadModel = o.Readings[0].Projection
		}
		d.Operations = append(d.Operations, described)
	}
	for _, v := range s.Secrets {
		d.Secrets = append(d.Secrets, v.Env)
	}
	for _, c := range s.Clients {
		d.Clients = append(d.Clients, c.Name)
	}
	return d
}

func describeEvents(all []es.StoredType) []EventDescription {
	out := make([]EventDescription, len(all))
	for i, t := range all {
		out[i] = EventDescription{Type: t.Name, Schema: t.Schema, Old: t.Old}
	}
	return out
}

// describeReactions describes the reactions, and what publishes events. Nothing runs: their functions need no stores
// yet.
func (s *Service) describeReactions() []projection.Description {
	var all []projection.Description
	add := func(r projection.Projection) {
		all = append(all, (&projection.Subscription{Projection: r}).Describe())
	}
	for _, r := range s.Reactions {
		if r.IsTimer() {
			add(r.Timer(nil, reaction.TimerConfig{}))
		} else {
			add(reaction.New(reaction.Reaction{Name: r.Name, Sources: r.Sources(nil)}))
		}
	}
	if len(s.Public) > 0 {
		add(publish.NewPublisher(nil, "", s.PublicPrefix, s.Public...))
	}
	return all
}

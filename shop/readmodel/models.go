package readmodel

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// model is a read model: the fold that makes its rows, and the older versions of that fold whose rows may still be served.
type model struct {
	projection.Projection
	former []former
	// inline says that its rows are stored with the events that they are made of. Its table is one of [tables.Inline].
	inline bool
}

// former is an older version of a fold. It stays until no generation that it made is kept any more.
type former struct {
	projection.Projection
	// row turns a row of that version into one of the newest. nil = it needs nothing.
	row func(json.RawMessage) (json.RawMessage, error)
}

// all are the read models. Each has a table of its name.
var all = []model{
	{Projection: accountSummary}, {Projection: accountStatement},
	{Projection: orderSummary}, {Projection: activeOrders}, {Projection: customerOrders},
	{Projection: productCatalog, inline: true}, {Projection: productInventory}, {Projection: productSales},
	//annals:new projections
}

// Models are the read models on their tables.
type Models struct {
	models  map[string]model
	views   map[string]*dynamoview.View
	catalog *dynamoview.Catalog
	pointer *projection.RecordCache
	now     func() time.Time
	pinned  *reader // the only one that a session reads
}

// New returns the read models. tableName gives the name on DynamoDB of each read table.
func New(client dynamoview.Client, tableName func(tables.Table) string) *Models {
	return of(all, client, tableName)
}

func of(models []model, client dynamoview.Client, tableName func(tables.Table) string) *Models {
	m := &Models{
		models: map[string]model{}, views: map[string]*dynamoview.View{},
		catalog: dynamoview.NewCatalog(client, tableName(tables.Projections)), now: time.Now,
	}
	m.pointer = projection.NewRecordCache(m.catalog, nil)
	for _, one := range models {
		m.models[one.Name()] = one
		m.views[one.Name()] = dynamoview.New(client, tableName(tables.ReadModel(one.Name())))
	}
	return m
}

// Catalog is where the generations of the read models are kept.
func (m *Models) Catalog() *dynamoview.Catalog { return m.catalog }

// Subscriptions are the projections as the engine runs them.
func (m *Models) Subscriptions() []projection.Subscription {
	subs := make([]projection.Subscription, 0, len(m.models))
	for _, name := range slices.Sorted(maps.Keys(m.models)) {
		one := m.models[name]
		sub := projection.Subscription{Projection: one.Projection, View: m.views[name], Inline: one.inline}
		for _, f := range one.former {
			sub.Former = append(sub.Former, f.Projection)
		}
		subs = append(subs, sub)
	}
	return subs
}

// Inline returns what has commands store the rows of inline read models with their events. It needs the tables of
// [tables.Projections] and [tables.Inline].
func (m *Models) Inline() *dynamoview.Inline {
	return dynamoview.NewInline(m.catalog, m.Subscriptions()...)
}

// Check tells whether this code can read what is served.
//
// Errors: [projection.UnknownFoldError]; the catalog's.
func (m *Models) Check(ctx context.Context) error {
	for name, one := range m.models {
		record, err := m.pointer.Record(ctx, name, one.FoldVersion())
		if err != nil {
			return err
		}
		if _, err := m.of(one, record.Serving()); err != nil {
			return err
		}
	}
	return nil
}

// Marks yields what the checkpoints of each read model remember of their streams, by the read model's name.
func (m *Models) Marks(ctx context.Context) iter.Seq2[string, iter.Seq2[es.CommitRef, error]] {
	return func(yield func(string, iter.Seq2[es.CommitRef, error]) bool) {
		for name := range m.models {
			if !yield(name, m.marks(ctx, name)) {
				return
			}
		}
	}
}

func (m *Models) marks(ctx context.Context, name string) iter.Seq2[es.CommitRef, error] {
	return func(yield func(es.CommitRef, error) bool) {
		r, err := m.reader(ctx, name, "")
		if err != nil {
			yield(es.CommitRef{}, err)
			return
		}
		m.views[name].Marks(ctx, r.generation)(yield)
	}
}

// reader reads one generation of a read model.
type reader struct {
	dynamoview.Reader
	fold       projection.Projection // made the rows
	generation projection.Generation
	row        func(json.RawMessage) (json.RawMessage, error) // nil = rows are as the newest fold makes them
}

// reader returns the reader of the generation that serves, or, where a list goes on, of that in which it began.
//
// Errors: [projection.ErrCursor], [projection.UnknownFoldError]; the catalog's.
func (m *Models) reader(ctx context.Context, name, cursor string) (reader, error) {
	if m.pinned != nil {
		if pinned := m.pinned.fold.Name(); name != pinned {
			return reader{}, fmt.Errorf("a session of %s is asked for %s", pinned, name)
		}
		return *m.pinned, nil
	}
	one := m.models[name]
	record, err := m.pointer.Record(ctx, name, one.FoldVersion())
	if err != nil {
		return reader{}, err
	}
	b := record.Read(m.now())
	if cursor != "" {
		g, err := dynamoview.GenerationOf(cursor)
		if err != nil {
			return reader{}, err
		}
		if b = record.Build(g); b == nil || b.Status != projection.Serving && b.Status != projection.Retired {
			return reader{}, projection.ErrCursor
		}
	}
	return m.of(one, b)
}

// of returns the reader of a build.
//
// Errors: [projection.UnknownFoldError].
func (m *Models) of(one model, b *projection.Build) (reader, error) {
	name := one.Name()
	r := reader{Reader: m.views[name].At(b.Generation), fold: one.Projection, generation: b.Generation}
	if b.Fold == one.FoldVersion() {
		return r, nil
	}
	for _, f := range one.former {
		if f.FoldVersion() == b.Fold {
			r.fold, r.row = f.Projection, f.row
			return r, nil
		}
	}
	return r, &projection.UnknownFoldError{Projection: name, Generation: b.Generation, Fold: b.Fold}
}

// decode reads a row into out.
func (r reader) decode(row json.RawMessage, out any) (err error) {
	if r.row != nil {
		if row, err = r.row(row); err != nil {
			return err
		}
	}
	return json.Unmarshal(row, out)
}

// document reads the row of a stream from a read model that keeps one row a stream.
//
// Errors: [es.NotFoundError] if the read model has not seen the stream.
func document[S any](ctx context.Context, m *Models, name string, stream es.StreamID) (S, error) {
	var row S
	r, err := m.reader(ctx, name, "")
	if err != nil {
		return row, err
	}
	cp, err := r.Checkpoint(ctx, stream)
	if err == nil && cp.State != nil {
		err = r.decode(cp.State, &row)
	}
	switch {
	case err != nil:
		return row, fmt.Errorf("%s of %s: %w", name, stream, err)
	case cp.State == nil:
		return row, &es.NotFoundError{Stream: stream}
	}
	return row, nil
}

// shows tells whether a read model shows a stream, whatever it shows.
//
// Errors: [es.NotFoundError] if it has not seen the stream.
func (m *Models) shows(ctx context.Context, name string, stream es.StreamID) error {
	r, err := m.reader(ctx, name, "")
	if err != nil {
		return err
	}
	cp, err := r.Checkpoint(ctx, stream)
	switch {
	case err != nil:
		return fmt.Errorf("%s of %s: %w", name, stream, err)
	case cp.State == nil:
		return &es.NotFoundError{Stream: stream}
	}
	return nil
}

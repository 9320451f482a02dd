package searchview

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"regexp"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/config"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/searchindex"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// Client sends requests to OpenSearch. The path of their URLs is set, the server is not. Package opensearch of
// opensearch-go has such clients: opensearch.NewClient.
type Client interface {
	// Stream returns the answer, whose body the caller closes, whatever its status.
	Stream(*http.Request) (*http.Response, error)
}

// Config adjusts a view. The zero value takes the defaults.
type Config struct {
	// Prefix is what the names of the indexes of the generations begin with. Default "annals".
	Prefix string
	// People is the alias by which people search the generation that serves. Default: the projection's name.
	People string
	// RefreshInterval is how long a stored document may take to be found by searches. Default 1 s. OpenSearch
	// Serverless has an interval of its own.
	RefreshInterval time.Duration
	// Serverless is true for a collection of OpenSearch Serverless. It knows no refresh on demand, so [View.Parked]
	// lacks what was parked some seconds ago.
	//
	// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html
	Serverless bool
}

var indexName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,99}$`)

// Check returns an error if a name can't be that of an index or alias, or if the interval is negative.
func (c Config) Check() error {
	for _, name := range []string{c.Prefix, c.People} {
		if name != "" && !indexName.MatchString(name) {
			return fmt.Errorf("searchview.Config: name %q: want lower-case letters, digits and -, at most 100", name)
		}
	}
	if c.RefreshInterval < 0 {
		return fmt.Errorf("searchview.Config: the refresh interval %s must not be negative", c.RefreshInterval)
	}
	return nil
}

// limits are DynamoDB's, so that a projection can move, but for the number of documents in a save.
var limits = viewkit.Limits{
	MaxWrites: 500, MaxItemBytes: viewkit.DynamoDB.MaxItemBytes, MaxBytes: viewkit.DynamoDB.MaxBytes,
}

// View stores one projection. It is safe for concurrent use. [New] makes one.
type View struct {
	client Client
	cfg    Config
	name   string // the projection's
	fold   int
	index  searchindex.Index
	stored *lru.Cache[place, stored] // what this process has last seen
}

var (
	_ projection.View      = (*View)(nil)
	_ projection.Pointing  = (*View)(nil)
	_ projection.Preparing = (*View)(nil)
	_ projection.Lagging   = (*View)(nil)
)

// cached is how many streams a view knows the conditions of. A save of others needs one more request.
const cached = 10_000

// New returns the view of a projection. It connects to nothing. A change of the fields needs a new fold version of the
// projection, which makes a new generation of its documents.
//
// It panics with what [Config.Check] and [searchindex.Index.Check] return, or if the projection's name can't be that
// of an index.
func New(client Client, p projection.Projection, cfg Config, index searchindex.Index) *View {
	var bad error
	if !indexName.MatchString(p.Name()) {
		bad = fmt.Errorf("projection %s: its name can't be that of an index: want lower-case letters, digits and -", p.Name())
	}
	config.Must(cfg.Check(), index.Check(), bad)
	cfg.Prefix, cfg.People = cmp.Or(cfg.Prefix, "annals"), cmp.Or(cfg.People, p.Name())
	cfg.RefreshInterval = cmp.Or(cfg.RefreshInterval, time.Second)
	known, _ := lru.New[place, stored](cached) // fails only for a size below 1
	return &View{client: client, cfg: cfg, name: p.Name(), fold: p.FoldVersion(), index: index, stored: known}
}

// MaxWrites implements [projection.View].
func (v *View) MaxWrites() int { return limits.MaxWrites }

// indexOf is the index of a generation.
func (v *View) indexOf(g projection.Generation) string {
	return fmt.Sprintf("%s-%s-g%d", v.cfg.Prefix, v.name, g)
}

// errNotHeld is the error for a kind of rows that OpenSearch does not hold.
func (v *View) errNotHeld(kind string) error {
	return fmt.Errorf("%w: projection %s: a store for search holds documents, no %s", projection.ErrRefused, v.name, kind)
}

// The kinds that are not held.
const (
	ownRows  = "own rows"
	counters = "counters"
	appends  = "append rows"
	indexed  = "lists over an index"
)

// holds returns an error if a save has more than documents.
func (v *View) holds(moves []projection.CheckpointUpdate, rows []projection.Write) error {
	if len(rows) > 0 {
		if rows[0].Kind == projection.Add {
			return v.errNotHeld(counters)
		}
		return v.errNotHeld(ownRows)
	}
	for _, m := range moves {
		for _, slot := range m.Next.Slots {
			if !viewkit.IsEmpty(slot) {
				return v.errNotHeld(indexed)
			}
		}
	}
	return nil
}

// Append implements [projection.View]: it refuses all rows.
func (v *View) Append(ctx context.Context, _ projection.Generation, rows ...projection.AppendRow) error {
	if len(rows) > 0 {
		return errors.Join(context.Cause(ctx), v.errNotHeld(appends))
	}
	return context.Cause(ctx)
}

// Rows implements [projection.View]: there are none.
func (v *View) Rows(
	ctx context.Context, _ projection.Generation, keys ...projection.RowKey,
) (map[projection.RowKey]projection.Row, error) {
	for _, key := range keys {
		if key.Kind == projection.IndexedRow {
			return nil, errors.New("rows of a list over an index have no keys: list them")
		}
	}
	return map[projection.RowKey]projection.Row{}, context.Cause(ctx)
}

// List implements [projection.View]: it yields an error.
func (v *View) List(
	_ context.Context, _ projection.Generation, l projection.Listing,
) iter.Seq2[projection.Listed, error] {
	kind := map[projection.RowKind]string{
		projection.OwnRow: ownRows, projection.SharedRow: counters, projection.AppendedRow: appends, projection.IndexedRow: indexed,
	}[l.Kind]
	return func(yield func(projection.Listed, error) bool) { yield(projection.Listed{}, v.errNotHeld(kind)) }
}

// Keys implements [projection.View]: there are none.
func (v *View) Keys(ctx context.Context, _ projection.Generation) iter.Seq2[projection.RowKey, error] {
	return func(yield func(projection.RowKey, error) bool) {
		if err := context.Cause(ctx); err != nil {
			yield(projection.RowKey{}, err)
		}
	}
}

// place identifies a document.
type place struct {
	generation projection.Generation
	stream     es.StreamID
}

package sqlview

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/annals-es/annals/pkg/es/internal/config"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// Config adjusts a view. The zero value takes the defaults.
type Config struct {
	// Schema is the schema for the tables of the generations. Default "annals".
	Schema string
	// People is the schema for what people query. Default "public".
	People string
	// Dialect is the server's. Default [PostgreSQL].
	Dialect Dialect
}

// Dialect is what a server understands.
type Dialect int

// The dialects.
const (
	// PostgreSQL is PostgreSQL 14 or later: on RDS and Aurora, too.
	PostgreSQL Dialect = iota
	// DSQL is Aurora DSQL: one statement of data definition in a transaction, no advisory locks, no collations, indexes
	// that are made in the background, 3,000 rows in a transaction, counters with at most 29 digits before and 9 after
	// the point.
	//
	// https://docs.aws.amazon.com/aurora-dsql/latest/userguide/working-with-postgresql-compatibility-unsupported-features.html
	DSQL
)

// maxDSQLRows is how many rows a transaction on Aurora DSQL may change.
const maxDSQLRows = 3000

// limits are DynamoDB's, so that a projection can move, but for the number of writes: a save of many streams takes few
// round trips.
var limits = viewkit.Limits{
	MaxWrites: 1000, MaxItemBytes: viewkit.DynamoDB.MaxItemBytes, MaxBytes: viewkit.DynamoDB.MaxBytes,
}

// View stores one projection. It is safe for concurrent use. [New] makes one.
type View struct {
	pool   *pgxpool.Pool
	cfg    Config
	name   string // the projection's
	base   string // what the names of its tables begin with
	fold   int
	tables []sqltable.Table

	mu     sync.Mutex
	stored map[projection.Generation]*layout
}

var (
	_ projection.View      = (*View)(nil)
	_ projection.Pointing  = (*View)(nil)
	_ projection.Preparing = (*View)(nil)
)

var schemaName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Check returns an error if a name can't be used without quotes, or if the dialect does not exist.
func (c Config) Check() error {
	for _, name := range []string{c.Schema, c.People} {
		if name != "" && !schemaName.MatchString(name) {
			return fmt.Errorf("sqlview.Config: schema %q: want lower-case letters, digits and _, at most 40", name)
		}
	}
	if c.Dialect != PostgreSQL && c.Dialect != DSQL {
		return fmt.Errorf("sqlview.Config: there is no dialect %d", c.Dialect)
	}
	return nil
}

// maxBase is the longest beginning of a table's name. PostgreSQL cuts names at 63 bytes.
const maxBase = 40

// New returns the view of a projection, with the tables in which people query it. A change of the tables needs a new
// fold version of the projection, which makes a new generation of them. It connects to nothing.
//
// It panics with what [Config.Check] and [sqltable.Check] return, or if the projection's name is too long.
func New(pool *pgxpool.Pool, p projection.Projection, cfg Config, tables ...sqltable.Table) *View {
	base := strings.ReplaceAll(p.Name(), "-", "_")
	var long error
	if !schemaName.MatchString(base) {
		long = fmt.Errorf("projection %s: its name can't begin the name of a table: want letters, digits and -, at most %d",
			p.Name(), maxBase)
	}
	config.Must(cfg.Check(), sqltable.Check(tables...), long)
	cfg.Schema, cfg.People = cmp.Or(cfg.Schema, "annals"), cmp.Or(cfg.People, "public")
	return &View{
		pool: pool, cfg: cfg, name: p.Name(), base: base, fold: p.FoldVersion(), tables: tables,
		stored: map[projection.Generation]*layout{},
	}
}

// MaxWrites implements [projection.View].
func (v *View) MaxWrites() int { return limits.MaxWrites }

// declaration is how tables are stored with their generation.
func declaration(tables []sqltable.Table) string {
	text, _ := json.Marshal(tables) // plain data can't fail
	return string(text)
}

package sqlview

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// layout is how one generation is stored: the tables by which it was made, and the statements for them.
type layout struct {
	cfg        Config
	generation projection.Generation
	prefix     string // the schema, and what the names of the tables begin with
	tables     []sqltable.Table

	insert, update, put, appendRows string
}

// The suffixes of the names of a generation's tables. Documents are in the table of the checkpoints.
const (
	documents = ""
	ownRows   = "_rows"
	appends   = "_appended"
	counters  = "_counters"
)

// suffixes are those of the tables by the kind of the rows.
var suffixes = map[projection.RowKind]string{
	projection.OwnRow: ownRows, projection.SharedRow: counters, projection.AppendedRow: appends,
}

func (v *View) layout(g projection.Generation, tables []sqltable.Table) *layout {
	l := &layout{cfg: v.cfg, generation: g, prefix: fmt.Sprintf("%s.%s_g%d", v.cfg.Schema, v.base, g), tables: tables}
	l.insert, l.update = l.insertDocuments(), l.updateDocuments()
	l.put = l.upsert(ownRows, sqltable.Own, rowFields, "")
	l.appendRows = l.upsert(appends, sqltable.Appended, appendFields, "WHERE t.epoch < excluded.epoch")
	return l
}

func (l *layout) table(suffix string) string { return l.prefix + suffix }

// typed is a column of a declared table. Its name in the generation's tables can't be one of the others.
type typed struct {
	name, typ string
	table     int // the place of its table in the declaration
	column    int
}

// columns are the typed columns of a kind.
func (l *layout) columns(kind sqltable.Kind) []typed {
	var all []typed
	for i, t := range l.tables {
		for j, c := range t.Columns {
			if t.Kind == kind && kind != sqltable.Counter {
				all = append(all, typed{fmt.Sprintf("c%d_%s", i, c.Name), c.Type, i, j})
			}
		}
	}
	return all
}

// field is a column that is written, with the type of its array.
type field struct{ name, typ string }

var (
	// documentFields are what the checkpoint of a stream has. "name" is the stream's name if "stream" is its hash.
	documentFields = []field{
		{"stream", "text"},
		{"name", "text"},
		{"version", "bigint"},
		{"hash", "bytea"},
		{"done", "bigint"},
		{"epoch", "bigint"},
		{"at", "timestamptz"},
		{"owner", "text"},
		{"behind", "boolean"},
		{"rises", "text"},
		{"appended", "bigint"},
		{"state", "text"},
		{"slots", "text"},
		{"partition1", "text"},
		{"sort1", "text"},
		{"partition2", "text"},
		{"sort2", "text"},
		{"parked", "text"},
	}
	// conditionFields say which checkpoint must be stored.
	conditionFields = []field{
		{"was_version", "bigint"}, {"was_done", "bigint"}, {"was_epoch", "bigint"}, {"was_parked", "boolean"},
	}
	// rowFields are what an own row has. "name" is the partition if "partition" is its hash.
	rowFields = []field{
		{"partition", "text"}, {"name", "text"}, {"sort", "text"}, {"stream", "text"}, {"list", "text"}, {"row", "text"},
	}
	appendFields = append(slices.Clone(rowFields), field{"version", "bigint"}, field{"epoch", "bigint"})
	// counterFields are a counter. "name" is the partition, and "label" the counter's name, if the other is a hash.
	counterFields = []field{
		{"partition", "text"}, {"name", "text"}, {"sort", "text"}, {"counter", "text"}, {"label", "text"},
	}
)

// names lists columns, each with a prefix.
func names(prefix string, fields []field, columns []typed) string {
	var all []string
	for _, f := range fields {
		all = append(all, prefix+f.name)
	}
	for _, c := range columns {
		all = append(all, prefix+c.name)
	}
	return strings.Join(all, ", ")
}

// values are the columns of the array n, cast to their types.
func values(fields []field, columns []typed) string {
	all := []string{names("n.", fields, nil)}
	for _, c := range columns {
		all = append(all, fmt.Sprintf("n.%s::%s", c.name, c.typ))
	}
	return strings.Join(all, ", ")
}

// unnested are the rows n, of one array for each column.
func unnested(fields []field, columns []typed, more ...field) string {
	fields = slices.Concat(fields, textFields(columns), more)
	params := make([]string, len(fields))
	for i, f := range fields {
		params[i] = fmt.Sprintf("$%d::%s[]", i+1, f.typ)
	}
	return fmt.Sprintf("unnest(%s) AS n(%s)", strings.Join(params, ", "), names("", fields, nil))
}

// textFields are typed columns as they are sent: as text.
func textFields(columns []typed) []field {
	all := make([]field, len(columns))
	for i, c := range columns {
		all[i] = field{c.name, "text"}
	}
	return all
}

// assigned are assignments from the row n or excluded.
func assigned(from string, fields []field, columns []typed) string {
	var all []string
	for _, f := range fields {
		all = append(all, fmt.Sprintf("%s = %s.%s", f.name, from, f.name))
	}
	for _, c := range columns {
		cast := ""
		if from == "n" {
			cast = "::" + c.typ
		}
		all = append(all, fmt.Sprintf("%s = %s.%s%s", c.name, from, c.name, cast))
	}
	return strings.Join(all, ", ")
}

// insertDocuments stores the first checkpoints of streams, but for those that have one.
func (l *layout) insertDocuments() string {
	columns := l.columns(sqltable.Document)
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s ORDER BY n.stream ON CONFLICT (stream) DO NOTHING",
		l.table(documents), names("", documentFields, columns), values(documentFields, columns),
		unnested(documentFields, columns))
}

// updateDocuments replaces checkpoints that are as they are expected to be.
func (l *layout) updateDocuments() string {
	columns := l.columns(sqltable.Document)
	return fmt.Sprintf("UPDATE %s AS t SET %s, seen = CASE WHEN n.parked IS NULL THEN NULL ELSE t.seen END FROM %s "+
		"WHERE t.stream = n.stream AND t.version = n.was_version AND t.done = n.was_done AND t.epoch = n.was_epoch "+
		"AND (n.was_parked OR t.parked IS NULL)",
		l.table(documents), assigned("n", documentFields[1:], columns),
		unnested(documentFields, columns, conditionFields...))
}

// upsert stores rows, in place of those of the same keys.
func (l *layout) upsert(suffix string, kind sqltable.Kind, fields []field, condition string) string {
	columns := l.columns(kind)
	return fmt.Sprintf("INSERT INTO %s AS t (%s) SELECT %s FROM %s ORDER BY n.partition, n.sort "+
		"ON CONFLICT (partition, sort) DO UPDATE SET %s %s",
		l.table(suffix), names("", fields, columns), values(fields, columns), unnested(fields, columns),
		assigned("excluded", fields[3:], columns), condition)
}

// deleteRows removes own rows.
func (l *layout) deleteRows() string {
	return fmt.Sprintf("DELETE FROM %s AS t USING unnest($1::text[], $2::text[]) AS n(partition, sort) "+
		"WHERE t.partition = n.partition AND t.sort = n.sort", l.table(ownRows))
}

// addCounters adds to counters, and returns the sums.
func (l *layout) addCounters() string {
	number := l.cfg.Dialect.number()
	value := field{"value", "text"}
	return fmt.Sprintf("INSERT INTO %s AS t (%s, value) SELECT %s, n.value::%s FROM %s "+
		"ORDER BY n.partition, n.sort, n.counter ON CONFLICT (partition, sort, counter) "+
		"DO UPDATE SET value = t.value + excluded.value RETURNING value::text",
		l.table(counters), names("", counterFields, nil), names("n.", counterFields, nil), number,
		unnested(counterFields, nil, value))
}

// counterSizes returns the sizes of rows of counters, in bytes.
func (l *layout) counterSizes() string {
	return fmt.Sprintf("SELECT sum(octet_length(COALESCE(t.label, t.counter)) + length(t.value::text))::text FROM %s AS t "+
		"WHERE (t.partition, t.sort) IN (SELECT * FROM unnest($1::text[], $2::text[])) GROUP BY t.partition, t.sort",
		l.table(counters))
}

// number is the type of counters.
func (d Dialect) number() string {
	if d == DSQL {
		return fmt.Sprintf("numeric(%d,%d)", maxDigits, dsqlScale)
	}
	return "numeric"
}

const (
	// maxDigits is the precision of numbers, as on DynamoDB; dsqlScale is how many of them are after the point on DSQL.
	maxDigits, dsqlScale = 38, 9
	// maxKey is the longest part of a key, in bytes, that is used as it is. A key of PostgreSQL's B-trees has at most
	// 2,704 bytes, one of DSQL's 1,024, and that of a counter has two such parts besides the sort key. A sort key is
	// never replaced by its hash: it has an order.
	maxKey, maxDSQLKey = 800, 150
	// maxDSQLSort is the longest sort key on DSQL.
	maxDSQLSort = 700
)

// short is what keys have for a name: the name, or for one that can't be in a key its hash, which begins with #. full
// is the name as it is stored beside the hash, else nil: see fullName.
func (d Dialect) short(name string) (short string, full *string) {
	most := maxKey
	if d == DSQL {
		most = maxDSQLKey
	}
	if len(name) <= most && !strings.HasPrefix(name, "#") && !strings.Contains(name, "\x00") {
		return name, nil
	}
	stored := name
	if strings.HasPrefix(name, "#") || strings.Contains(name, "\x00") { // a text in SQL has no NUL
		stored = "#" + base64.StdEncoding.EncodeToString([]byte(name))
	}
	return fmt.Sprintf("#%x", sha256.Sum256([]byte(name))), &stored
}

// fullName is the name that short stored.
func fullName(stored string) (string, error) {
	text, encoded := strings.CutPrefix(stored, "#")
	if !encoded {
		return stored, nil
	}
	name, err := base64.StdEncoding.DecodeString(text)
	return string(name), err
}

// definitions are the statements that make a generation's tables.
func (l *layout) definitions() []string {
	key := `text COLLATE "C" NOT NULL`
	async := ""
	if l.cfg.Dialect == DSQL {
		key, async = "text NOT NULL", "ASYNC "
	}
	table := func(suffix string, kind sqltable.Kind, columns ...string) string {
		for _, c := range l.columns(kind) {
			columns = append(columns, c.name+" "+c.typ)
		}
		return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (%s)", l.table(suffix), strings.Join(columns, ", "))
	}
	free := strings.TrimSuffix(key, " NOT NULL")
	all := []string{
		table(documents, sqltable.Document, "stream "+key+" PRIMARY KEY", "name text", "version bigint NOT NULL", "hash bytea",
			"done bigint NOT NULL", "epoch bigint NOT NULL", "at timestamptz", "owner text", "behind boolean NOT NULL",
			"rises text", "appended bigint NOT NULL", "state text", "slots text", "partition1 "+free, "sort1 "+free,
			"partition2 "+free, "sort2 "+free, "parked text", "seen bigint"),
		table(ownRows, sqltable.Own, "partition "+key, "name text", "sort "+key, "stream text", "list text", "row text NOT NULL",
			"PRIMARY KEY (partition, sort)"),
		table(appends, sqltable.Appended, "partition "+key, "name text", "sort "+key, "stream "+free, "list text",
			"row text NOT NULL", "version bigint NOT NULL", "epoch bigint NOT NULL", "PRIMARY KEY (partition, sort)"),
		table(counters, sqltable.Counter, "partition "+key, "name text", "sort "+key, "counter "+key, "label text",
			"value "+l.cfg.Dialect.number()+" NOT NULL", "PRIMARY KEY (partition, sort, counter)"),
	}
	index := func(suffix, over, where string) {
		name := strings.TrimPrefix(l.prefix, l.cfg.Schema+".")
		if where != "" && l.cfg.Dialect == PostgreSQL { // DSQL has no partial indexes
			over += " WHERE " + where
		}
		all = append(all, fmt.Sprintf("CREATE INDEX %sIF NOT EXISTS %s_i%d ON %s %s",
			async, name, len(all), l.table(suffix), over))
	}
	for slot := range viewkit.MaxSlots {
		n := slot + 1
		index(documents, fmt.Sprintf("(partition%d, sort%d)", n, n), fmt.Sprintf("partition%d IS NOT NULL", n))
	}
	if l.cfg.Dialect == PostgreSQL {
		index(documents, "(stream)", "parked IS NOT NULL")
	}
	for i, t := range l.tables {
		for _, over := range t.Indexes {
			parts := make([]string, len(over))
			for j, column := range over {
				parts[j] = fmt.Sprintf("c%d_%s", i, column)
			}
			index(map[sqltable.Kind]string{
				sqltable.Document: documents, sqltable.Own: ownRows, sqltable.Appended: appends,
			}[t.Kind], "("+strings.Join(parts, ", ")+")", "")
		}
	}
	return all
}

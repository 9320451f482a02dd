package sqlview

import (
	"fmt"
	"strings"

	"github.com/annals-es/annals/pkg/es/projection/sqltable"
)

// view is the name of what people query.
func (l *layout) view(table int) string { return l.cfg.People + "." + l.tables[table].Name }

// shown is the query for what people see of a declared table.
func (l *layout) shown(table int) string {
	t := l.tables[table]
	var columns []string
	for _, c := range t.Columns {
		columns = append(columns, fmt.Sprintf("t.c%d_%s AS %s", table, c.Name, c.Name))
	}
	all := strings.Join(columns, ", ")
	switch t.Kind {
	case sqltable.Document:
		return fmt.Sprintf("SELECT COALESCE(t.name, t.stream) AS stream, t.version, %s FROM %s t WHERE t.state IS NOT NULL",
			all, l.table(documents))
	case sqltable.Own:
		return fmt.Sprintf("SELECT t.stream, %s FROM %s t WHERE t.list = %s", all, l.table(ownRows), literal(t.List))
	case sqltable.Appended: // see projection.Checkpoint.Shows
		return fmt.Sprintf("SELECT COALESCE(d.name, d.stream) AS stream, t.version, %s FROM %s t JOIN %s d ON d.stream = t.stream "+
			"WHERE t.list = %s AND t.row <> '' AND t.version <= d.version AND (d.rises IS NULL OR t.epoch >= COALESCE(("+
			"SELECT max((r ->> 'epoch')::bigint) FROM jsonb_array_elements(d.rises::jsonb) r "+
			"WHERE (r ->> 'from')::bigint <= t.version), 0))", all, l.table(appends), l.table(documents), literal(t.List))
	case sqltable.Counter:
	}
	return l.shownCounters(t)
}

// shownCounters is the query for a table of counters: a row for each row of counters, a column for each counter.
func (l *layout) shownCounters(t sqltable.Table) string {
	var columns []string
	for _, c := range t.Columns {
		from := "COALESCE(max(t.value) FILTER (WHERE t.counter = " + literal(l.short(c.Path)) + "), 0)"
		switch c.From {
		case sqltable.OfPartition:
			from = "COALESCE(t.name, t.partition)"
		case sqltable.OfSort:
			from = "t.sort"
		case sqltable.OfRow, sqltable.OfCounter:
		}
		columns = append(columns, from+" AS "+c.Name)
	}
	only := ""
	if t.Partition != "" {
		only = " WHERE t.partition = " + literal(l.short(t.Partition))
	}
	return fmt.Sprintf("SELECT %s FROM %s t%s GROUP BY t.partition, t.name, t.sort",
		strings.Join(columns, ", "), l.table(counters), only)
}

func (l *layout) short(name string) string {
	short, _ := l.cfg.Dialect.short(name)
	return short
}

// literal is a text in SQL.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

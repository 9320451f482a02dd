package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// row is one line of a file. Its methods read a field, and keep the first error in err.
type row struct {
	fields map[string]string
	err    error
}

// readAll reads a file whose header has at least the columns given, in any order.
func readAll[T any](fsys fs.FS, name string, columns []string, read func(*row) T) ([]T, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only
	r := csv.NewReader(f)
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: header: %w", name, err)
	}
	at := map[string]int{}
	for i, column := range header {
		at[column] = i
	}
	for _, column := range columns {
		if _, there := at[column]; !there {
			return nil, fmt.Errorf("%s: no column %s", name, column)
		}
	}
	var all []T
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		fields := make(map[string]string, len(columns))
		for _, column := range columns {
			fields[column] = record[at[column]]
		}
		one := row{fields: fields}
		t := read(&one)
		if one.err != nil {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("%s line %d: %w", name, line, one.err)
		}
		all = append(all, t)
	}
}

func (r *row) fail(column, want string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %q is not %s", column, r.fields[column], want)
	}
}

// optional returns a text that may be empty.
func (r *row) optional(column string) string { return strings.TrimSpace(r.fields[column]) }

// text returns a text that must not be empty.
func (r *row) text(column string) string {
	s := r.optional(column)
	if s == "" {
		r.fail(column, "a text")
	}
	return s
}

var decimals = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// decimal returns a decimal number without sign, as text.
func (r *row) decimal(column string) string {
	s := r.optional(column)
	if !decimals.MatchString(s) {
		r.fail(column, "a decimal number")
	}
	return s
}

// count returns a whole number that is not less than atLeast.
func (r *row) count(column string, atLeast int) int {
	n, err := strconv.Atoi(r.optional(column))
	if err != nil || n < atLeast {
		r.fail(column, fmt.Sprintf("a whole number of at least %d", atLeast))
	}
	return n
}

// day returns a date, the zero time if the field is empty.
func (r *row) day(column string) time.Time {
	if r.optional(column) == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, r.optional(column))
	if err != nil {
		r.fail(column, "a date such as 1996-07-04")
	}
	return t
}

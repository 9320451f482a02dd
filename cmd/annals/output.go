package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"
)

// format is the value of the flag --output.
type format bool

// asJSON is the format for programs.
const asJSON format = true

func (f *format) String() string {
	if *f == asJSON {
		return "json"
	}
	return "human"
}

// Type implements pflag.Value.
func (f *format) Type() string { return "format" }

// Set implements pflag.Value.
func (f *format) Set(text string) error {
	switch text {
	case "json":
		*f = asJSON
	case "human":
		*f = !asJSON
	default:
		return fmt.Errorf("want human or json")
	}
	return nil
}

// printJSON prints one JSON object on a line of its own.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printIndented prints one JSON object over several lines.
func printIndented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// show prints a value: as JSON, or for people with human.
func (c *cli) show(cmd *cobra.Command, v any, human func(w io.Writer)) error {
	if c.output == asJSON {
		return printJSON(cmd.OutOrStdout(), v)
	}
	human(people{cmd.OutOrStdout()})
	return nil
}

// table prints rows in columns, or as JSON objects, one a line.
type table struct {
	json io.Writer // nil prints columns for people
	rows *tabwriter.Writer
}

// table begins a table.
func (c *cli) table(cmd *cobra.Command, header ...string) *table {
	if c.output == asJSON {
		return &table{json: cmd.OutOrStdout()}
	}
	t := &table{rows: tabwriter.NewWriter(people{cmd.OutOrStdout()}, 0, 0, 2, ' ', 0)}
	fmt.Fprintln(t.rows, strings.Join(header, "\t"))
	return t
}

// row adds a row: v as JSON, the cells for people.
func (t *table) row(v any, cells ...any) error {
	if t.json != nil {
		return printJSON(t.json, v)
	}
	for i, cell := range cells {
		if i > 0 {
			fmt.Fprint(t.rows, "\t")
		}
		text := visible(fmt.Sprint(cell), false)
		if i < len(cells)-1 { // the last cell needs no limit: no column follows it
			text = shorten(text, maxCell)
		}
		fmt.Fprint(t.rows, text)
	}
	_, err := fmt.Fprintln(t.rows)
	return err
}

// maxCell is how many characters of a cell a table shows: a column is as wide as its longest cell. JSON has all of
// them.
const maxCell = 48

// shorten cuts characters from the middle of a text: its beginning says what it is, its end tells it from others.
func shorten(text string, most int) string {
	all := []rune(text)
	if len(all) <= most {
		return text
	}
	head := (most - 1) / 2
	return string(all[:head]) + "…" + string(all[len(all)-(most-1-head):])
}

func (t *table) end() error {
	if t.json != nil {
		return nil
	}
	return t.rows.Flush()
}

// people is a writer to a terminal. It escapes control characters, so that stored text can't control the terminal.
type people struct{ io.Writer }

func (p people) Write(b []byte) (int, error) {
	if _, err := io.WriteString(p.Writer, visible(string(b), true)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// visible escapes characters that are not printable. If layout is set, it keeps newlines and tabs.
func visible(s string, layout bool) string {
	hidden := func(r rune) bool {
		return !unicode.IsPrint(r) && (!layout || r != '\n' && r != '\t')
	}
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// stamp formats a time for people.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

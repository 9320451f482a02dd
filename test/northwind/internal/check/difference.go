package check

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Difference is one figure that differs from the files.
type Difference struct{ What, Want, Got string }

func (d Difference) String() string {
	return fmt.Sprintf("%s: expected %s, got %s", d.What, d.Want, d.Got)
}

// UnequalError lists every figure that differed in the last round.
type UnequalError struct {
	Differences []Difference
	Why         string // why the comparison ended: "none has changed for 2m0s: the read models lag or are wrong"
}

func (e *UnequalError) Error() string {
	return fmt.Sprintf("%d figures differ, and %s; the first is %s", len(e.Differences), e.Why, e.Differences[0])
}

// Table writes the differences as a table.
func (e *UnequalError) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "WHAT\tEXPECTED\tGOT")
	for _, d := range e.Differences {
		fmt.Fprintf(t, "%s\t%s\t%s\n", d.What, d.Want, d.Got)
	}
	return t.Flush()
}

func differencesOf(sheets []sheet) []Difference {
	var all []Difference
	for _, s := range sheets {
		all = append(all, s.differences...)
	}
	return all
}

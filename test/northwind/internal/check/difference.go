package check

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Difference is one figure that is not what the files say.
type Difference struct{ What, Want, Got string }

func (d Difference) String() string {
	return fmt.Sprintf("%s: expected %s, got %s", d.What, d.Want, d.Got)
}

// UnequalError is every figure that differed at the last look.
type UnequalError struct {
	Differences []Difference
	Why         string // why no longer look was taken: "none has moved for 2m0s: they lag or are wrong"
}

func (e *UnequalError) Error() string {
	return fmt.Sprintf("%d figures differ, and %s; the first is %s", len(e.Differences), e.Why, e.Differences[0])
}

// Table writes every difference, one a line.
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

package check

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/expect"
)

// money is an amount in the API's JSON.
type money struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// sheet records the result of comparing one subject.
type sheet struct {
	subject     string
	figures     int
	differences []Difference
	foreign     []string
}

// text compares one figure. If what is empty, the figure is the subject itself.
func (s *sheet) text(what, want, got string) {
	s.figures++
	if want == got {
		return
	}
	name := s.subject
	if what != "" {
		name += " " + what
	}
	s.differences = append(s.differences, Difference{What: name, Want: shown(want), Got: shown(got)})
}

func (s *sheet) count(what string, want int, got *int) {
	text := ""
	if got != nil {
		text = strconv.Itoa(*got)
	}
	s.text(what, strconv.Itoa(want), text)
}

// money compares amounts, however many decimals the answer has.
func (s *sheet) money(what string, want expect.Cents, got money) {
	text := got.Amount + " " + got.Currency
	if cents, err := expect.ParseCents(got.Amount); err == nil {
		text = cents.String() + " " + got.Currency
	}
	s.text(what, want.String()+" USD", text)
}

// instant compares times, in any time zone and precision. The zero time means that the answer has none.
func (s *sheet) instant(what string, want time.Time, got string) {
	spelled := ""
	if !want.IsZero() {
		spelled = want.UTC().Format(time.RFC3339)
	}
	if t, err := time.Parse(time.RFC3339, got); err == nil {
		got = t.UTC().Format(time.RFC3339Nano)
	}
	s.text(what, spelled, got)
}

func shown(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}

// statusOf returns the status of a failed query: "404 Not Found".
func statusOf(err error) string {
	var status *client.StatusError
	if errors.As(err, &status) {
		return fmt.Sprintf("%d %s", status.Status, http.StatusText(status.Status))
	}
	return err.Error()
}

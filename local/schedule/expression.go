// Package schedule computes when schedules of EventBridge are due: rate(1 day), cron(0 3 * * ? *),
// at(2026-11-25T10:00:00). Start with [Parse]. See
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html.
package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Schedule is a parsed expression.
type Schedule interface {
	// Next returns the first time after the given one at which the schedule is due, or the zero time if there is none.
	Next(after time.Time) time.Time
}

// Parse reads an expression whose times are in a location. A rate counts from now.
//
// Errors: one that names the invalid part. The cron wildcards L, W and # are not supported.
func Parse(expression string, in *time.Location, now time.Time) (Schedule, error) {
	kind, rest, _ := strings.Cut(expression, "(")
	inner, closed := strings.CutSuffix(rest, ")")
	var (
		s   Schedule
		err error
	)
	switch {
	case !closed:
		err = fmt.Errorf("want rate(…), cron(…) or at(…)")
	case kind == "rate":
		s, err = parseRate(inner, now)
	case kind == "cron":
		s, err = parseCron(inner, in)
	case kind == "at":
		s, err = parseAt(inner, in)
	default:
		err = fmt.Errorf("want rate(…), cron(…) or at(…)")
	}
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", expression, err)
	}
	return s, nil
}

const atLayout = "2006-01-02T15:04:05"

func parseAt(text string, in *time.Location) (Schedule, error) {
	at, err := time.ParseInLocation(atLayout, text, in)
	if err == nil && len(text) != len(atLayout) {
		err = fmt.Errorf("want a time without fractions of a second")
	}
	return once(at), err
}

type once time.Time

func (o once) Next(after time.Time) time.Time {
	if at := time.Time(o); at.After(after) {
		return at
	}
	return time.Time{}
}

type rate struct {
	from  time.Time
	every time.Duration
}

func (r rate) Next(after time.Time) time.Time {
	periods := after.Sub(r.from)/r.every + 1
	return r.from.Add(max(periods, 1) * r.every) //nolint:durationcheck // a number of periods
}

func parseRate(text string, now time.Time) (Schedule, error) {
	value, unit, _ := strings.Cut(strings.TrimSpace(text), " ")
	n, err := strconv.Atoi(value)
	every := map[string]time.Duration{
		"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour,
	}[strings.TrimSuffix(unit, "s")]
	if err != nil || n < 1 || n > 1_000_000 || every == 0 {
		return nil, fmt.Errorf("want a number of minutes, hours or days")
	}
	return rate{now, time.Duration(n) * every}, nil
}

package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cron is due in the minutes that match all six fields. Libraries for cron have five fields, and neither ? nor a year.
type cron struct {
	in                                            *time.Location
	minutes, hours, days, months, weekdays, years []bool
}

// field is one of the six of an expression.
type field struct {
	name        string
	least, most int
	names       []string // of the values, from least
}

var (
	monthNames   = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdayNames = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
	fields       = []field{
		{"minutes", 0, 59, nil}, {"hours", 0, 23, nil}, {"day of month", 1, 31, nil}, {"month", 1, 12, monthNames},
		{"day of week", 1, 7, weekdayNames}, {"year", 1970, 2199, nil},
	}
)

func parseCron(text string, in *time.Location) (Schedule, error) {
	texts := strings.Fields(text)
	if len(texts) != len(fields) {
		return nil, fmt.Errorf("want six fields: minutes, hours, day of month, month, day of week, year")
	}
	if (texts[2] == "?") == (texts[4] == "?") {
		return nil, fmt.Errorf("one of day of month and day of week must be ?")
	}
	c := cron{in: in}
	for i, into := range []*[]bool{&c.minutes, &c.hours, &c.days, &c.months, &c.weekdays, &c.years} {
		var err error
		if *into, err = fields[i].parse(texts[i]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// parse returns for each value whether it is in a list such as 1,5-7,*/15.
func (f field) parse(text string) ([]bool, error) {
	in := make([]bool, f.most+1)
	for part := range strings.SplitSeq(text, ",") {
		if part == "?" && (f.name == "day of month" || f.name == "day of week") {
			part = "*"
		}
		span, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("%s: the step of %q is not a number of 1 or more", f.name, part)
			}
		}
		from, to, err := f.span(span, stepped)
		if err != nil {
			return nil, err
		}
		for v := from; v <= to; v += step {
			in[v] = true
		}
	}
	return in, nil
}

func (f field) span(text string, stepped bool) (from, to int, err error) {
	if text == "*" {
		return f.least, f.most, nil
	}
	first, last, ranged := strings.Cut(text, "-")
	if from, err = f.value(first); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		to, err = f.value(last)
	case stepped:
		to = f.most
	default:
		to = from
	}
	if err == nil && to < from {
		err = fmt.Errorf("%s: %q ends before it begins", f.name, text)
	}
	return from, to, err
}

func (f field) value(text string) (int, error) {
	if i := slices.Index(f.names, strings.ToUpper(text)); i >= 0 {
		return f.least + i, nil
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < f.least || v > f.most {
		return 0, fmt.Errorf("%s: %q is not supported locally: use numbers from %d to %d, *, lists, ranges or steps",
			f.name, text, f.least, f.most)
	}
	return v, nil
}

// Next implements [Schedule]. A time that does not exist, because clocks are set forward, is skipped. A time that
// exists twice, because clocks are set back, is due once.
func (c cron) Next(after time.Time) time.Time {
	t := after.In(c.in).Truncate(time.Minute).Add(time.Minute)
	for t.Year() < len(c.years) {
		switch {
		case !c.years[t.Year()]:
			t = c.midnight(t, t.Year()+1, 1, 1)
		case !c.months[t.Month()]:
			t = c.midnight(t, t.Year(), t.Month()+1, 1)
		case !c.days[t.Day()], !c.weekdays[int(t.Weekday())+1]:
			t = c.midnight(t, t.Year(), t.Month(), t.Day()+1)
		case !c.hours[t.Hour()]:
			t = nextHour(t)
		case !c.minutes[t.Minute()], repeated(t):
			t = t.Add(time.Minute)
		default:
			return t
		}
	}
	return time.Time{}
}

// midnight returns the beginning of a later day. Where clocks are set forward at midnight, time.Date may return the
// last hour of the day before; then it returns the next hour instead.
func (c cron) midnight(t time.Time, year int, month time.Month, day int) time.Time {
	if begin := time.Date(year, month, day, 0, 0, 0, 0, c.in); begin.After(t) {
		return begin
	}
	return nextHour(t)
}

func nextHour(t time.Time) time.Time { return t.Add(time.Hour - time.Duration(t.Minute())*time.Minute) }

// repeated reports whether the clocks in a location show a time for the second time, because they were set back.
func repeated(t time.Time) bool {
	changed, _ := t.ZoneBounds()
	if changed.IsZero() {
		return false
	}
	_, before := changed.Add(-time.Second).Zone()
	_, now := t.Zone()
	return t.Sub(changed) < time.Duration(before-now)*time.Second
}

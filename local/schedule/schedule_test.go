package schedule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/local/schedule"
)

func TestNext(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	const now = "2026-11-25T22:50:30Z" // a Wednesday
	for _, test := range []struct {
		expression string
		in         *time.Location
		want       string // the next three
	}{
		{"rate(1 minute)", time.UTC, "2026-11-25T22:51:30Z 2026-11-25T22:52:30Z 2026-11-25T22:53:30Z"},
		{"rate(2 days)", time.UTC, "2026-11-27T22:50:30Z 2026-11-29T22:50:30Z 2026-12-01T22:50:30Z"},
		{"cron(0 3 * * ? *)", time.UTC, "2026-11-26T03:00:00Z 2026-11-27T03:00:00Z 2026-11-28T03:00:00Z"},
		{"cron(0 3 * * ? *)", berlin, "2026-11-26T02:00:00Z 2026-11-27T02:00:00Z 2026-11-28T02:00:00Z"},
		{"cron(0/20 22,23 ? * MON-FRI *)", time.UTC, "2026-11-25T23:00:00Z 2026-11-25T23:20:00Z 2026-11-25T23:40:00Z"},
		{"cron(15 10 29 2 ? *)", time.UTC, "2028-02-29T10:15:00Z 2032-02-29T10:15:00Z 2036-02-29T10:15:00Z"},
		{"cron(0 0 ? DEC 1 2026)", time.UTC, "2026-12-06T00:00:00Z 2026-12-13T00:00:00Z 2026-12-20T00:00:00Z"},
		{"cron(0 0 1 1 ? 2026)", time.UTC, "never never never"},
		{"cron(30 2 * * ? *)", berlin, "2026-11-26T01:30:00Z 2026-11-27T01:30:00Z 2026-11-28T01:30:00Z"},
		{"at(2026-11-26T00:00:00)", time.UTC, "2026-11-26T00:00:00Z never never"},
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		s, err := schedule.Parse(test.expression, test.in, at)
		if err != nil {
			t.Errorf("parse %s: %v", test.expression, err)
			continue
		}
		var got []string
		for range 3 {
			next := s.Next(at)
			if next.IsZero() {
				got = append(got, "never")
				continue
			}
			if !next.After(at) {
				t.Fatalf("%s: %v is not after %v", test.expression, next, at)
			}
			at = next
			got = append(got, next.UTC().Format(time.RFC3339))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("next times of %s: %s, want %s", test.expression, strings.Join(got, " "), test.want)
		}
	}
}

// Where clocks are set forward, a time that does not exist is skipped. Where they are set back, a time is due once.
func TestNextWhenClocksChange(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		expression, in, after, want string
	}{
		{"cron(30 2 ? * * *)", "Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-28T01:30:00Z 2026-03-30T00:30:00Z"},
		{"cron(30 2 ? * * *)", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z 2026-10-26T01:30:00Z"},
		{"cron(0 * ? * * *)", "Europe/Berlin", "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z 2026-10-25T02:00:00Z"},
		{"cron(0 5 ? * MON *)", "America/Santiago", "2026-09-05T12:00:00Z", "2026-09-07T08:00:00Z 2026-09-14T08:00:00Z"},
		{"cron(0 0 ? * SUN *)", "America/Santiago", "2026-09-05T12:00:00Z", "2026-09-13T03:00:00Z 2026-09-20T03:00:00Z"},
		{"cron(0 1 7 9 ? *)", "Asia/Kolkata", "2026-09-05T12:00:00Z", "2026-09-06T19:30:00Z 2027-09-06T19:30:00Z"},
	} {
		in, err := time.LoadLocation(test.in)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, test.after)
		if err != nil {
			t.Fatal(err)
		}
		s, err := schedule.Parse(test.expression, in, at)
		if err != nil {
			t.Fatal(err)
		}
		first := s.Next(at)
		got := first.UTC().Format(time.RFC3339) + " " + s.Next(first).UTC().Format(time.RFC3339)
		if got != test.want {
			t.Errorf("next times of %s in %s after %s: %s, want %s", test.expression, test.in, test.after, got, test.want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"":                    "want rate(…), cron(…) or at(…)",
		"every(1 day)":        "want rate(…), cron(…) or at(…)",
		"rate(1 day":          "want rate(…), cron(…) or at(…)",
		"rate(0 days)":        "want a number of minutes, hours or days",
		"rate(1 week)":        "want a number of minutes, hours or days",
		"cron(0 3 * * *)":     "want six fields",
		"cron(0 3 * * * *)":   "must be ?",
		"cron(0 3 ? * ? *)":   "must be ?",
		"cron(60 3 * * ? *)":  `minutes: "60" is not supported locally`,
		"cron(0 3 L * ? *)":   `day of month: "L" is not supported locally`,
		"cron(0 3 ? * 2#1 *)": `day of week: "2#1" is not supported locally`,
		"cron(0 5-3 * * ? *)": "ends before it begins",
		"cron(0/x 3 * * ? *)": "is not a number of 1 or more",
		"at(tomorrow)":        "cannot parse",

		"at(2026-11-26T00:00:00.5)": "without fractions of a second",
	} {
		if _, err := schedule.Parse(expression, time.UTC, time.Now()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parse %q: %v, want an error with %s", expression, err, want)
		}
	}
}

package annals

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// DeclaredRecurrence is recurring work of a service.
type DeclaredRecurrence struct {
	// Name is its stable name, in kebab case.
	Name string
	// Expression is a schedule of Amazon EventBridge Scheduler: "rate(5 minutes)", or "cron(0 9 ? * MON-FRI *)" with
	// minute, hour, day of the month, month, day of the week and year.
	Expression string
	// TimeZone is the time zone of a cron expression, by its IANA name. Default UTC.
	TimeZone string

	do func(*Tx, time.Time) error
}

// Recurring declares work that comes again, at each time of a schedule: "rate(5 minutes)", or "cron(0 9 ? * MON-FRI *)"
// in a time zone such as "Europe/Zurich". See [DeclaredRecurrence]. do decides on the aggregates as they are then. It
// gets the time for which the work was scheduled, and reads no other clock.
//
// What do records is stored once for each time, if it writes a stream that it has loaded. The work may run late, and
// more than once; if the reactor cannot work for long, times may be left out. After several errors, the time goes to
// the reactor's dead-letter queue. The work runs in the reactor function, and its caller is an operator.
func Recurring(name, expression, timeZone string, do func(tx *Tx, scheduled time.Time) error) Part {
	return &DeclaredRecurrence{Name: name, Expression: expression, TimeZone: timeZone, do: do}
}

// schedule is the form of a schedule. EventBridge Scheduler checks the fields at deployment.
var schedule = regexp.MustCompile(`^(rate\([1-9][0-9]* (minutes?|hours?|days?)\)|cron\(\S+ \S+ \S+ \S+ \S+ \S+\))$`)

func (d *DeclaredRecurrence) addTo(s *Service) {
	if !kebab(d.Name) {
		s.wrong("recurring work %q: its name must be in kebab case, such as \"close-day\"", d.Name)
	}
	if d.do == nil {
		s.wrong("recurring work %q: its function is nil", d.Name)
	}
	if !schedule.MatchString(d.Expression) {
		s.wrong("recurring work %s: the schedule is %q: it must be one such as rate(5 minutes) or cron(0 9 ? * MON-FRI *)",
			d.Name, d.Expression)
	}
	for _, o := range s.Recurring {
		if logicalID(o.Name) == logicalID(d.Name) {
			s.wrong("recurring work %s has the name of %s: choose another", d.Name, o.Name)
		}
	}
	s.Recurring = append(s.Recurring, d)
}

// CheckTimeZones returns an error for the first time zone of recurring work that this machine does not know. It is for
// tests and for the CDK app: a function's machine may know no time zones, and needs none.
func (s *Service) CheckTimeZones() error {
	for _, d := range s.Recurring {
		if _, err := time.LoadLocation(d.TimeZone); err != nil || d.TimeZone == "Local" {
			return fmt.Errorf("recurring work %s: the time zone is %q: it must be one such as Europe/Zurich, or \"\" for UTC",
				d.Name, d.TimeZone)
		}
	}
	return nil
}

// Recur does recurring work, for one of its times. If it is called again for that time, within the horizon of repeated
// commands, it does nothing: see package es.
//
// Errors: one if there is no such work; those of the decision.
func (r *Running) Recur(ctx context.Context, name string, scheduled time.Time) error {
	for _, d := range r.Service.Recurring {
		if d.Name != name {
			continue
		}
		scheduled = scheduled.UTC().Truncate(time.Second)
		h := sha256.Sum256(fmt.Appendf(nil, "recurring %q %d", name, scheduled.Unix()))
		id := base64.RawURLEncoding.EncodeToString(h[:16])
		actor := reaction.ActorPrefix + name
		_, err := r.Decide(ctx, es.Command{
			Meta: es.Meta{CorrelationID: id, Actor: actor}, Ref: es.CommandRef{ID: id, Fingerprint: name},
		}, NewCaller(actor, true), func(tx *Tx) error { return d.do(tx, scheduled) })
		if err != nil {
			return fmt.Errorf("recurring work %s of %s: %w", name, scheduled.Format(time.RFC3339), err)
		}
		return nil
	}
	return fmt.Errorf("no recurring work has the name %q: the code is older or newer than the schedule", name)
}

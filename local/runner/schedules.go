package runner

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/annals-es/annals/local/schedule"
	"github.com/annals-es/annals/local/template"
)

// schedules are the template's schedules. They fire while the runner runs; times that passed before are skipped.
type schedules struct {
	*runner
	all  []template.Schedule
	when []schedule.Schedule
}

func (r *runner) newSchedules(system *template.System) (*schedules, error) {
	s := &schedules{runner: r, all: system.Schedules}
	for _, d := range s.all {
		zone, err := time.LoadLocation(d.Timezone)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.ID, err)
		}
		when, err := schedule.Parse(d.Expression, zone, time.Now())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.ID, err)
		}
		s.when = append(s.when, when)
	}
	return s, nil
}

// start fires each schedule at its times until the context ends.
func (s *schedules) start(ctx context.Context) {
	for i := range s.all {
		go s.keep(ctx, i)
	}
}

func (s *schedules) keep(ctx context.Context, i int) {
	for last := time.Now(); ; {
		next := s.when[i].Next(last)
		if next.IsZero() {
			return
		}
		// The clock is checked regularly: one long timer would fire late after a laptop slept.
		for time.Now().Before(next) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(min(time.Until(next), time.Minute)):
			}
		}
		if err := s.fire(ctx, s.all[i]); err != nil {
			s.log.ErrorContext(ctx, "send a schedule's message", "schedule", s.all[i].ID, "error", err)
		}
		last = time.Now()
	}
}

func (s *schedules) fire(ctx context.Context, d template.Schedule) error {
	return s.queues[d.QueueID].Send(ctx, []byte(d.Input))
}

// now answers at schedulePath and fires the schedule.
func (s *schedules) now(w http.ResponseWriter, request *http.Request) {
	for _, d := range s.all {
		if d.ID != request.PathValue("id") {
			continue
		}
		if err := s.fire(request.Context(), d); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		return
	}
	http.Error(w, "there is no schedule "+request.PathValue("id"), http.StatusNotFound)
}

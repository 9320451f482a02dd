package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/local/journal"
)

// Scheduler keeps schedules and runs them.
type Scheduler struct {
	config  Config
	log     *slog.Logger
	changed chan struct{} // has an element if a schedule was changed since the last look
	ended   chan struct{} // closed when none runs any more
	cancel  context.CancelFunc

	mu      sync.Mutex
	all     map[string]*record // by their keys
	idle    map[string]bool    // keys of those that do not run, because the template has changed
	failing map[string]failure // by their keys
	journal *journal.Journal[entry]
}

// Open opens the schedules that are kept in a file, or creates it, and replaces those of an earlier template by those
// that this one declares. Schedules run after Start. The caller closes the scheduler.
//
// Errors: one of the file; one that names a declared schedule that is not valid.
func Open(
	ctx context.Context, file string, c Config, declared []Declared, log *slog.Logger,
) (*Scheduler, error) {
	all, err := read(file)
	if err != nil {
		return nil, err
	}
	s := &Scheduler{
		config: c, log: log, changed: make(chan struct{}, 1), ended: make(chan struct{}), all: all, idle: map[string]bool{},
		failing: map[string]failure{},
	}
	if err := s.declare(declared); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(s.all)) {
		if err := s.runnable(s.all[key]); err != nil {
			s.idle[key] = true
			log.WarnContext(ctx, "a schedule does not run: the template has changed since it was made",
				"schedule", key, "reason", err)
		}
	}
	s.journal, err = journal.Create(file, s.entries())
	return s, err
}

// declare adds the template's schedules, and deletes those of an earlier template. One that has not changed since
// continues where it was.
func (s *Scheduler) declare(declared []Declared) error {
	now, kept := clock(), map[string]bool{}
	for _, d := range declared {
		d.complete()
		r := &record{Name: d.Name, Definition: d.Definition, Created: now, Modified: now, DeclaredAs: d.ID}
		if err := s.runnable(r); err != nil {
			return fmt.Errorf("%s: the schedule %s: %w", d.ID, r.key(), err)
		}
		if kept[r.key()] {
			return fmt.Errorf("%s: the template has two schedules %s", d.ID, r.key())
		}
		kept[r.key()] = true
		if old := s.all[r.key()]; old != nil {
			r.Created = old.Created
			if reflect.DeepEqual(old.Definition, r.Definition) {
				r.Modified, r.Ran, r.Completed = old.Modified, old.Ran, old.Completed
			}
		}
		s.all[r.key()] = r
	}
	maps.DeleteFunc(s.all, func(key string, r *record) bool { return r.DeclaredAs != "" && !kept[key] })
	return nil
}

// runnable reads a schedule's expression, and returns why the schedule cannot run with this template.
func (s *Scheduler) runnable(r *record) error {
	if err := s.checkGroup(r.GroupName); err != nil {
		return err
	}
	if err := s.check(r.Definition); err != nil {
		return err
	}
	if err := r.parse(); err != nil {
		return err
	}
	return s.checkRole(r.Definition)
}

// Start starts to run schedules that are due. Call it once.
func (s *Scheduler) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go s.run(ctx)
}

// Close stops to run schedules, and closes the file.
func (s *Scheduler) Close() error {
	if s.cancel != nil {
		s.cancel()
		<-s.ended
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.Close()
}

func (s *Scheduler) arn(key string) string {
	return fmt.Sprintf("arn:aws:scheduler:%s:%s:schedule/%s", s.config.Region, s.config.Account, key)
}

// entries are the lines from which the schedules can be read again.
func (s *Scheduler) entries() []entry {
	var all []entry
	for _, r := range s.all {
		all = append(all, entry{Put: r})
	}
	return all
}

// clock is the time without its monotonic part, which stops while the machine sleeps.
func clock() time.Time { return time.Now().Round(0) }

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// longOrders is how many orders have a deadline of 72 hours. Half of them are paid before the runner is killed.
const longOrders = 20

// longDeadlines checks that deadlines that can't be waited for are schedules, that paying removes them, and that a
// crash of the runner loses none. That schedules run when they are due is tested in local/scheduler.
func longDeadlines(ctx context.Context, s *stack, o options, out io.Writer) error {
	if err := s.furnish(ctx); err != nil {
		return err
	}
	m := &market{stack: s, name: "long", options: o}
	var want []string
	for i := range longOrders {
		one := &sold{id: fmt.Sprintf("long-%d", i), units: map[string]int{"p-0": 1}, total: unit}
		if _, err := m.place(ctx, one); err != nil {
			return err
		}
		m.orders, want = append(m.orders, one), append(want, "Order#"+one.id)
	}
	if err := s.scheduled(ctx, "after they were placed", want); err != nil {
		return err
	}
	for i, one := range m.orders[:longOrders/2] {
		pay := func() error { return m.pay(ctx, one, "all", one.total) }
		if i%2 == 0 {
			pay = func() error { return m.payFrom(ctx, one, one.payer()) }
		}
		if err := pay(); err != nil {
			return err
		}
	}
	left := want[longOrders/2:]
	if err := s.scheduled(ctx, "after half of the orders were paid", left); err != nil {
		return err
	}
	if err := s.restartRunner(ctx); err != nil {
		return err
	}
	if err := s.scheduled(ctx, "after the runner was killed", left); err != nil {
		return err
	}
	if open, err := s.list(ctx); err != nil || len(open) != len(left) {
		return fmt.Errorf("%d deadlines are open, want %d: %v, %w", len(open), len(left), open, err)
	}
	for _, one := range m.orders[longOrders/2:] {
		if err := m.may(ctx, "/orders/"+one.id+"/cancel", nil); err != nil {
			return err
		}
	}
	if err := s.scheduled(ctx, "after the others were cancelled", nil); err != nil {
		return err
	}
	fmt.Fprintf(out, "long: %d schedules: kept when the runner was killed, and gone when the orders were paid or cancelled\n",
		longOrders)
	return nil
}

// scheduled waits until the streams with schedules are the wanted ones.
func (s *stack) scheduled(ctx context.Context, when string, want []string) error {
	want = slices.Sorted(slices.Values(want))
	for end := time.Now().Add(30 * time.Second); ; {
		got, err := s.schedules()
		switch {
		case err != nil:
			return err
		case slices.Equal(got, want):
			return nil
		case ctx.Err() != nil || time.Now().After(end):
			return fmt.Errorf("%s: schedules for %v, want %v", when, got, want)
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// schedules returns the streams whose deadlines are in the file of the schedules.
func (s *stack) schedules() ([]string, error) {
	file, err := os.Open(filepath.Join(s.built.Project.State, "schedules", "schedules.jsonl"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	streams := map[string]string{} // by group and name
	for lines := json.NewDecoder(file); ; {
		var line struct {
			Put *struct {
				Name, GroupName string
				Target          struct{ Input string }
			}
			Deleted string
		}
		if err := lines.Decode(&line); err != nil {
			break // the end, or a line that is being written
		}
		var job struct {
			Deadline struct {
				Timer  string
				Stream es.StreamID
			}
		}
		switch {
		case line.Put == nil:
			delete(streams, line.Deleted)
		case json.Unmarshal([]byte(line.Put.Target.Input), &job) == nil && job.Deadline.Timer == "cancel-unpaid":
			streams[line.Put.GroupName+"/"+line.Put.Name] = job.Deadline.Stream.String()
		}
	}
	var all []string
	for _, stream := range streams {
		all = append(all, stream)
	}
	slices.Sort(all)
	return all, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// noTimers says that there are no timers, and why.
const noTimers = "the service has no timers, because it declares no annals.Deadlines and no annals.Process"

// timersNamed returns a timer by its name, or all timers if the name is "".
func (o *operator) timersNamed(name string) ([]string, error) {
	switch {
	case name == "":
		return o.timers, nil
	case slices.Contains(o.timers, name):
		return []string{name}, nil
	case len(o.timers) == 0:
		return nil, fmt.Errorf("%q is no timer: %s", name, noTimers)
	}
	return nil, fmt.Errorf("%q is no timer: the service's timers are %s", name, strings.Join(o.timers, ", "))
}

// Deadlines yields the open deadlines of timers, in no order. If until is not zero, it leaves out those that are due
// later. They are eventually consistent.
//
// Errors: those of [reaction.OpenDeadlines].
func (o *operator) Deadlines(
	ctx context.Context, timers []string, until time.Time,
) iter.Seq2[reaction.OpenDeadline, error] {
	return func(yield func(reaction.OpenDeadline, error) bool) {
		for _, timer := range timers {
			for d, err := range reaction.OpenDeadlines(ctx, o.reactions, timer, until) {
				if err == nil && !until.IsZero() && d.At.After(until) {
					continue // a later deadline of a stream that has an earlier one
				}
				if !yield(d, err) || err != nil {
					return
				}
			}
		}
	}
}

// deadlinesOf returns the open deadlines of a stream in timers. They are strongly consistent.
//
// Errors: one if none of the timers has deadlines of such streams; those of [reaction.DeadlinesOf].
func (o *operator) deadlinesOf(
	ctx context.Context, timers []string, stream es.StreamID,
) (all []reaction.OpenDeadline, err error) {
	known := false
	for _, timer := range timers {
		if !o.timerReads(timer, stream.Type) {
			continue
		}
		known = true
		own, err := reaction.DeadlinesOf(ctx, o.reactions, timer, stream)
		if err != nil {
			return nil, err
		}
		all = append(all, own...)
	}
	switch {
	case len(timers) == 0:
		return nil, errors.New(noTimers)
	case !known:
		return nil, fmt.Errorf("no deadlines of %s: events of %s ask for none in %s",
			stream, stream.Type, strings.Join(timers, ", "))
	}
	return all, nil
}

// timerReads reports whether events of streams of a type ask for deadlines in a timer.
func (o *operator) timerReads(timer, streamType string) bool {
	return slices.Contains(o.sources[timer], streamType)
}

// deadline returns an open deadline. It is strongly consistent.
//
// Errors: one that says which deadlines the stream has, if it has none of that name; those of deadlinesOf.
func (o *operator) deadline(
	ctx context.Context, timer string, stream es.StreamID, name string,
) (d reaction.OpenDeadline, err error) {
	all, err := o.deadlinesOf(ctx, []string{timer}, stream)
	if err != nil {
		return d, err
	}
	i := slices.IndexFunc(all, func(d reaction.OpenDeadline) bool { return d.Name == name })
	if i < 0 {
		return d, noDeadlineError{fmt.Errorf(
			"%s has no open deadline %q in %s: it was executed, canceled or never asked for (open: %s)",
			stream, name, timer, deadlineNames(all))}
	}
	return all[i], nil
}

// noDeadlineError says that a stream has no open deadline of a name.
type noDeadlineError struct{ error }

func deadlineNames(all []reaction.OpenDeadline) string {
	if len(all) == 0 {
		return "none"
	}
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = d.Name
	}
	return strings.Join(names, ", ")
}

// change runs or cancels an open deadline, and returns it.
//
// Errors: one if there is no such timer; those of deadline and onDeadline.
func (o *operator) change(
	ctx context.Context, task ask.Task, timer string, stream es.StreamID, name string,
) (d reaction.OpenDeadline, err error) {
	if _, err := o.timersNamed(timer); err != nil {
		return d, err
	}
	if d, err = o.deadline(ctx, timer, stream, name); err != nil {
		return d, err
	}
	return d, o.onDeadline(ctx, task, d.Deadline)
}

// onDeadline makes the reactor run or cancel a deadline.
//
// Errors: parkedError; those of [functions.Client.Ask].
func (o *operator) onDeadline(ctx context.Context, task ask.Task, d reaction.Deadline) error {
	at, err := o.reactions.States(d.Timer).Checkpoint(ctx, d.Stream)
	if err != nil {
		return err
	}
	if at.Parked != nil { // the function could not store the change
		return parkedError{fmt.Errorf("%s is parked in %s, so its deadlines can't be changed: "+
			"`annals parked retry %s %s` retries it", d.Stream, d.Timer, d.Timer, d.Stream)}
	}
	_, err = o.functions.Ask(ctx, annalsaws.Reactor, ask.Request{
		Task: task, Projection: d.Timer, Stream: d.Stream.String(), Deadline: d.Name,
	})
	return err
}

// parkedError says that a stream is parked in a timer.
type parkedError struct{ error }

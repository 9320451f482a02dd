package subjects

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// clear clears the next streams. Streams that fail are left for later, and don't keep others from being cleared.
func (f *Forgetter) clear(ctx context.Context, subject string, s State, command es.Command) (Progress, error) {
	streams, err := f.left(ctx, subject, s)
	if err != nil {
		return Progress{}, err
	}
	if len(streams) == 0 {
		return f.finish(ctx, subject, s, command)
	}
	done, failed := f.clearStreams(ctx, streams)
	if err := f.record(ctx, subject, command, done); err != nil {
		return Progress{}, err
	}
	switch {
	case failed == nil:
		return Progress{}, nil
	case len(done.Streams) > 0 && len(streams) == f.cfg.StreamsAtOnce:
		f.postpone(streams, done)
		return Progress{}, nil
	}
	return f.wait(ctx, subject, s, failed)
}

// left returns the next streams to clear. Streams that failed in this process come after all others.
func (f *Forgetter) left(ctx context.Context, subject string, s State) ([]es.StreamID, error) {
	var streams []es.StreamID
	for stream, err := range f.on.Keys.Streams(ctx, subject) {
		if err != nil {
			return nil, err
		}
		if !s.cleared[stream] {
			streams = append(streams, stream)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.SortFunc(streams, func(a, b es.StreamID) int {
		return cmp.Or(cmp.Compare(f.failed[a], f.failed[b]), strings.Compare(a.String(), b.String()))
	})
	return streams[:min(len(streams), f.cfg.StreamsAtOnce)], nil
}

// postpone puts streams that failed behind those that were not tried.
func (f *Forgetter) postpone(streams []es.StreamID, done *StreamsCleared) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, stream := range streams {
		if !slices.Contains(done.Streams, stream.String()) {
			f.failed[stream]++
		}
	}
}

// clearStreams clears streams, and returns what was cleared, and why the other streams were not. If an error is not
// about one stream, none is.
func (f *Forgetter) clearStreams(ctx context.Context, streams []es.StreamID) (*StreamsCleared, error) {
	out := &StreamsCleared{Published: map[string]int{}}
	failed := map[es.StreamID]bool{}
	var errs []error
	refolded, err := f.on.Engine.Refold(ctx, streams)
	out.Documents, out.Rows = refolded.Documents, refolded.Rows
	if err != nil {
		errs = append(errs, err)
	}
	known := ofStreams(err, failed)
	for _, stream := range streams { // also of streams that could not be folded again
		if err := f.forgetSnapshot(ctx, stream, &out.Counts); err != nil {
			failed[stream] = true
			errs = append(errs, fmt.Errorf("%s: %w", stream, err))
		}
	}
	if !known {
		return out, errors.Join(errs...)
	}
	for _, stream := range streams {
		if failed[stream] {
			continue
		}
		out.Streams = append(out.Streams, stream.String())
		f.count(ctx, stream, out)
	}
	return out, errors.Join(errs...)
}

// ofStreams notes the streams that errors of a refold are about. It returns false if one is about something else.
func ofStreams(err error, failed map[es.StreamID]bool) bool {
	if err == nil {
		return true
	}
	if joined, is := err.(interface{ Unwrap() []error }); is {
		all := true
		for _, err := range joined.Unwrap() {
			all = ofStreams(err, failed) && all
		}
		return all
	}
	one, is := errors.AsType[*projection.RefoldError](err)
	if is {
		failed[one.Stream] = true
	}
	return is
}

// count counts the public events of a stream. The count is for the report: if it can't be had, the stream is cleared
// all the same.
func (f *Forgetter) count(ctx context.Context, stream es.StreamID, out *StreamsCleared) {
	if f.cfg.Published == nil {
		return
	}
	published, err := f.cfg.Published(ctx, stream)
	if err != nil {
		out.Uncounted++
		f.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "the public events of a stream can't be counted",
			slog.String("stream", stream.String()), slog.String("error", fmt.Sprintf("%T", err)))
	}
	for name, events := range published {
		out.Published[name] += events
	}
}

// record records what was cleared.
func (f *Forgetter) record(ctx context.Context, subject string, command es.Command, done *StreamsCleared) error {
	for part := range slices.Chunk(done.split(), eventsAtOnce) {
		first := part[0].(StreamsCleared).Streams[0]
		_, err := f.subjects.Execute(ctx, subject, command, func(now State) ([]Event, error) {
			stream, err := es.ParseStreamID(first)
			if err != nil || now.Status != Waiting || now.cleared[stream] { // another process did the same
				return nil, err
			}
			return part, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eventsAtOnce is how many events a commit has: a commit has at most 400 KB, and an event [MaxCleared] names of 2 KB.
const eventsAtOnce = 3

// split returns the same as several events, each of at most [MaxCleared] streams. The first has the counts.
func (e *StreamsCleared) split() []Event {
	var all []Event
	for names := range slices.Chunk(e.Streams, MaxCleared) {
		all = append(all, StreamsCleared{Streams: names, Counts: e.Counts, Uncounted: e.Uncounted, Published: e.Published})
		e.Counts, e.Uncounted, e.Published = Counts{}, 0, nil
	}
	return all
}

func (f *Forgetter) forgetSnapshot(ctx context.Context, stream es.StreamID, counts *Counts) error {
	if f.on.Snapshots == nil {
		return nil
	}
	found, err := f.on.Snapshots.LoadSnapshot(ctx, stream)
	if err != nil || found != nil { // one that can't be read is removed too
		counts.Snapshots++
	}
	head, err := f.on.Events.Head(ctx, stream)
	if err != nil {
		return err
	}
	return f.on.Snapshots.ForgetSnapshot(ctx, stream, head.Version())
}

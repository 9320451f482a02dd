package cacheview

import (
	"context"
	"fmt"
	"strconv"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// Save implements [projection.View]: one round trip, however many streams and rows it has.
//
// Errors: those of the interface, but not [projection.ErrContended]: the server adds to counters itself. If the server
// were asked for the sums, and they were saved if nobody had changed them, a row that many streams share would be
// contended all the time.
func (v *View) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if err := limits.Check(moves, rows); err != nil {
		return err
	}
	args := []any{limits.MaxItemBytes, len(moves)}
	for _, m := range moves {
		args = appendMove(args, m, "")
	}
	for _, w := range rows {
		if w.Kind != projection.Add {
			return fmt.Errorf("row %.99q: %w: a cache holds no own rows", w.Key, projection.ErrRefused)
		}
		args = append(args, place(w.Key, ""), len(w.Counters))
		for name, n := range w.Counters {
			if !n.Storable() {
				return fmt.Errorf("row %.99q: counter %.99q: %w: its number has too many digits",
					w.Key, name, projection.ErrTooLarge)
			}
			args = append(args, name, n.String())
		}
	}
	// A client repeats a call whose answer was lost. The checkpoints refuse it then, so nothing is added twice.
	_, err := v.run(ctx, g, saveScript, args...)
	return err
}

// appendMove appends the nine arguments of a checkpoint. why is the reason if its stream is parked.
func appendMove(args []any, m projection.CheckpointUpdate, why string) []any {
	stream, prev := m.Stream.String(), condition(m.Prev)
	if prev == "0 0 0 " && m.Prev.Parked == nil && !m.Prev.Behind {
		prev = "" // there is none
	}
	parked, flags := "", ""
	if m.Prev.Parked != nil {
		parked = "p"
	}
	if why != "" {
		flags = "p"
	}
	var places [2 * viewkit.MaxSlots]any // with their rows
	for list := range viewkit.MaxSlots {
		places[2*list], places[2*list+1] = "", ""
		if listed(m.Next, list) {
			slot := m.Next.Slots[list]
			places[2*list], places[2*list+1] = place(slot.Key, stream), []byte(slot.Row)
			flags += strconv.Itoa(list)
		}
	}
	return append(append(args, stream, prev, parked, document(m.Next, flags), why), places[:]...)
}

// Park implements [projection.View], in one round trip.
func (v *View) Park(
	ctx context.Context, g projection.Generation, stream es.StreamID, prev projection.Checkpoint, p projection.Parked,
) error {
	why, err := viewkit.ReasonText(p)
	if err != nil {
		return err
	}
	update := projection.CheckpointUpdate{Stream: stream, Prev: prev, Next: prev.Raised(prev.Version + 1)}
	_, err = v.run(ctx, g, saveScript, appendMove([]any{limits.MaxItemBytes, 1}, update, why)...)
	return err
}

// Seen implements [projection.View], in one round trip.
func (v *View) Seen(ctx context.Context, g projection.Generation, stream es.StreamID, version int64) error {
	_, err := v.run(ctx, g, seenScript, stream.String(), version)
	return err
}

// Append refuses all rows: see the package's documentation.
//
// Errors: [projection.ErrRefused].
func (v *View) Append(context.Context, projection.Generation, ...projection.AppendRow) error {
	return errAppend
}

var errAppend = fmt.Errorf("%w: a cache holds no append rows", projection.ErrRefused)

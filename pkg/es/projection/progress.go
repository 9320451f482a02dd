package projection

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// Progress is the progress of the rebuild of a generation.
type Progress struct {
	// Doing is "filled" while segments are filled, "compared" while they are compared, "" otherwise.
	Doing string
	// Done is how many segments are done. Of is how many there are.
	Done, Of int
}

func (s Progress) String() string {
	if s.Doing == "" {
		return ""
	}
	return fmt.Sprintf("%d of %d segments %s", s.Done, s.Of, s.Doing)
}

// Progress returns the progress of the rebuild of a projection's generation.
//
// Errors: the catalog's.
func (e *Engine) Progress(ctx context.Context, projection string, b Build) (Progress, error) {
	sub := e.subscription(projection)
	switch {
	case sub == nil, !sub.Projection.rebuilds(), b.leaves(), b.Status == Serving && b.Filled:
		return Progress{}, nil
	case !b.Filled:
		out := Progress{Doing: "filled", Of: b.Segments}
		positions, err := e.catalog.Positions(ctx, projection, b.Generation)
		for _, p := range positions {
			if p == es.End {
				out.Done++
			}
		}
		return out, err
	}
	notes, err := e.catalog.Notes(ctx, projection, b.Generation)
	if err != nil || notes[surveyNote] == nil {
		return Progress{}, err
	}
	var s survey
	if err := json.Unmarshal(notes[surveyNote], &s); err != nil {
		return Progress{}, err
	}
	out := Progress{Doing: "compared", Of: s.Segments}
	for i := range s.Segments {
		var f findings
		if note := notes[segmentNote(i)]; note != nil && json.Unmarshal(note, &f) == nil && f.Survey == s.ID &&
			f.Position == es.End {
			out.Done++
		}
	}
	return out, nil
}

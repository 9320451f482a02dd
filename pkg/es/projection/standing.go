package projection

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// Standing is how far a generation is with what it does now.
type Standing struct {
	// Doing is "filled" or "compared", "" if it does nothing that has segments.
	Doing string
	// Done is how many of the segments are.
	Done, Of int
}

func (s Standing) String() string {
	if s.Doing == "" {
		return ""
	}
	return fmt.Sprintf("%d of %d segments %s", s.Done, s.Of, s.Doing)
}

// Standing returns how far a generation of a projection is.
//
// Errors: the catalog's.
func (e *Engine) Standing(ctx context.Context, projection string, b Build) (Standing, error) {
	sub := e.subscription(projection)
	switch {
	case sub == nil, !sub.Projection.rebuilds(), b.leaves(), b.Status == Serving && b.Filled:
		return Standing{}, nil
	case !b.Filled:
		out := Standing{Doing: "filled", Of: b.Segments}
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
		return Standing{}, err
	}
	var s survey
	if err := json.Unmarshal(notes[surveyNote], &s); err != nil {
		return Standing{}, err
	}
	out := Standing{Doing: "compared", Of: s.Segments}
	for i := range s.Segments {
		var f findings
		if note := notes[segmentNote(i)]; note != nil && json.Unmarshal(note, &f) == nil && f.Survey == s.ID && f.Position == es.End {
			out.Done++
		}
	}
	return out, nil
}

package functions_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// foreign has a read model served by a fold that this code lacks.
func (s *service) foreign(t *testing.T) {
	t.Helper()
	catalog := dynamoview.NewCatalog(s.client, s.Tables.Of(annalsaws.Projections))
	records, err := catalog.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	record := records["orders"]
	record.Builds[0].Fold = 99
	if err := catalog.Replace(t.Context(), record); err != nil {
		t.Fatal(err)
	}
}

// subscribed starts what takes the stream, as the function does.
func subscribed(p *annalslambda.Subscriber, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return p.Handler()
}

// TestStartIsRefused: code that lacks the fold which serves neither projects nor answers; a store that can't be reached
// is only logged.
func TestStartIsRefused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	if _, err := subscribed(s.Projector()); err != nil {
		t.Fatal(err)
	}
	s.foreign(t)
	var unknown *projection.UnknownFoldError
	if _, err := subscribed(s.Projector()); !errors.As(err, &unknown) || unknown.Fold != 99 {
		t.Errorf("start the projector: %v, want UnknownFoldError of fold 99", err)
	}
	if _, err := s.Query(); !errors.As(err, &unknown) {
		t.Errorf("start the query function: %v, want UnknownFoldError", err)
	}
	delete(s.Tables, annalsaws.Projections.Name) // no such table
	if _, err := subscribed(s.Projector()); err != nil {
		t.Errorf("projector, without the table: %v", err)
	}
	if _, err := s.Query(); err != nil {
		t.Errorf("query, without the table: %v", err)
	}
	if log := s.log.String(); strings.Count(log, `"msg":"a check at start failed and is repeated later"`) != 2 {
		t.Errorf("log: %s, want two checks that failed", log)
	}
}

// TestCodeIsKnown: another build must be able to tell that it is another.
func TestCodeIsKnown(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.strange(t, "x", `{}`)
	s.project(t)
	s.withReactions(t)
	waits := s.waiting(t)
	for _, w := range waits {
		if w.Code == "" {
			t.Errorf("%+v has no code", w)
		}
	}
	if len(waits) == 0 {
		t.Error("no stream is parked")
	}
}

package subjects_test

import (
	"flag"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/pkg/es/personal/subjects"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden: the stored form of the events of subjects never changes.
func TestGolden(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	estest.For(subjects.Aggregate).Golden(t, estest.GoldenConfig{Dir: "testdata/golden", Update: *update},
		subjects.ForgettingRequested{At: at, Key: 1},
		subjects.KeyDeleted{Key: 1, At: at, Until: at.Add(6 * time.Minute)},
		subjects.StreamsCleared{
			Streams: []string{"Order#o-1"}, Counts: subjects.Counts{Documents: 2, Rows: 3, Snapshots: 1},
			Published: map[string]int{"org.example.order.placed.v1": 1},
		},
		subjects.SubjectForgotten{At: at, Final: at.Add(7 * 24 * time.Hour)})
}

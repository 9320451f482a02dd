package projection

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/annals-es/annals/pkg/es"
)

// TestSpans: whichever unconcerned commits are seen, in any order, a span covers only commits that were seen. Seen in
// order, it covers all of them. It has the stream's creator if it covers the first commit.
func TestSpans(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 17))
		var commits []*es.Commit
		version := int64(1)
		for range 12 {
			c := &es.Commit{
				Version: version,
				Events:  make([]es.RawEvent, 1+rng.IntN(3)),
				Meta:    es.Meta{Actor: fmt.Sprint("actor of ", version)},
			}
			commits, version = append(commits, c), c.LastVersion()+1
		}
		seen := map[int64]bool{}
		first := commits[rng.IntN(len(commits))]
		s := spanOf(first)
		for n := range 30 {
			c := first
			if n > 0 {
				c = commits[rng.IntN(len(commits))]
				s = s.with(c)
			}
			for v := c.Version; v <= c.LastVersion(); v++ {
				seen[v] = true
			}
			for at := range version {
				past := s.past(at)
				for v := at + 1; v <= past; v++ {
					if !seen[v] {
						t.Fatalf("seed %d: %+v goes from %d over %d, which was not delivered", seed, s, at, v)
					}
				}
				if past < at || at == 0 && past > 0 && s.creator != "actor of 1" {
					t.Fatalf("seed %d: %+v passes from %d to %d", seed, s, at, past)
				}
			}
		}
		if s = spanOf(commits[0]); s.with(commits[0]) != s {
			t.Errorf("seed %d: a duplicate changes %+v to %+v", seed, s.with(commits[0]), s)
		}
		for _, c := range commits[1:] {
			s = s.with(c)
		}
		if got := s.past(0); got != version-1 {
			t.Errorf("seed %d: delivered in order, the span skips %d of %d", seed, got, version-1)
		}
	}
}

package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// siblings checks that the commits of an append to several streams are all there and agree with each other.
type siblings struct {
	inspect es.Inspector
	found   *findings
	most    int // maximum number of members of open groups
	// settling is the time to wait before a sibling counts as missing, because DynamoDB makes the items of a transaction
	// visible one by one.
	settling time.Duration

	mu       sync.Mutex
	open     map[groupKey]*group
	members  int
	suspects []suspect
}

// groupKey is a digest of what all commits of one append have in common.
type groupKey [sha256.Size]byte

// group is an append of which some commits were seen. Its members are sorted.
type group struct {
	members []es.StreamVersion
	met     []bool
	missing int
	by      string
}

// suspect is a commit that another one names as its sibling and that was not seen yet.
type suspect struct {
	es.StreamVersion
	by  string
	key groupKey
}

// groupOf returns the members of a commit's append, including the commit itself, and the key of their group.
func groupOf(c *es.Commit) ([]es.StreamVersion, groupKey) {
	members := append([]es.StreamVersion{placeOf(c)}, c.Siblings...)
	slices.SortFunc(members, compareMembers)
	members = slices.Compact(members)
	h := sha256.New()
	text := func(s string) { _, _ = fmt.Fprintf(h, "%d:%s", len(s), s) } // never fails
	text(c.ID)
	text(es.FormatTime(c.At))
	for _, m := range members {
		text(m.String())
	}
	return members, groupKey(h.Sum(nil))
}

func compareMembers(a, b es.StreamVersion) int {
	return cmp.Or(cmp.Compare(a.Stream.Type, b.Stream.Type),
		cmp.Compare(a.Stream.ID, b.Stream.ID), cmp.Compare(a.Version, b.Version))
}

// add adds a commit to its group. If too many groups are open, it looks up the commit's siblings at once instead.
func (s *siblings) add(ctx context.Context, c *es.Commit) error {
	if len(c.Siblings) == 0 {
		return nil
	}
	members, key := groupOf(c)
	if s.meet(c, members, key) {
		return nil
	}
	return s.lookUp(ctx, c, members, key)
}

// meet adds a commit to its group. It returns false if the group is not open and no more groups can be opened.
func (s *siblings) meet(c *es.Commit, members []es.StreamVersion, key groupKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.open[key]
	if g == nil {
		if s.members+len(members) > s.most {
			return false
		}
		g = &group{members: members, met: make([]bool, len(members)), missing: len(members), by: label(c)}
		s.open[key] = g
		s.members += len(members)
	}
	if i, ok := slices.BinarySearchFunc(members, placeOf(c), compareMembers); ok && !g.met[i] {
		g.met[i] = true
		g.missing--
	}
	if g.missing == 0 {
		delete(s.open, key)
		s.members -= len(members)
	}
	return true
}

// lookUp looks up all siblings of a commit.
func (s *siblings) lookUp(ctx context.Context, c *es.Commit, members []es.StreamVersion, key groupKey) error {
	for _, m := range members {
		if m == placeOf(c) {
			continue
		}
		one := suspect{StreamVersion: m, by: label(c), key: key}
		reason, err := s.check(ctx, one)
		if err != nil {
			return err
		}
		if reason != "" {
			s.mu.Lock()
			s.suspects = append(s.suspects, one)
			s.mu.Unlock()
		}
	}
	return nil
}

// settle looks up the siblings that were not seen: they may have been stored after the scan passed their place.
func (s *siblings) settle(ctx context.Context) error {
	for key, g := range s.open {
		for i, m := range g.members {
			if !g.met[i] {
				s.suspects = append(s.suspects, suspect{StreamVersion: m, by: g.by, key: key})
			}
		}
	}
	if len(s.suspects) == 0 {
		return nil
	}
	select {
	case <-time.After(s.settling):
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, one := range s.suspects {
		reason, err := s.check(ctx, one)
		if err != nil {
			return err
		}
		if reason != "" {
			s.found.add(one.Stream, one.Version, Sibling, "named as a sibling by %s: %s", one.by, reason)
		}
	}
	return nil
}

// check looks up one sibling, and returns what is wrong with it, or "".
func (s *siblings) check(ctx context.Context, one suspect) (reason string, err error) {
	reason = "the commit is missing"
	for page, err := range s.inspect.Inspect(ctx, one.Stream, es.VersionRange{From: one.Version, To: one.Version}) {
		if err != nil {
			return "", err
		}
		if len(page.Corrupt) > 0 {
			reason = "the commit cannot be read"
		}
		for i := range page.Commits { // at most one
			c := &page.Commits[i]
			reason = ""
			if _, key := groupOf(c); key != one.key {
				reason = fmt.Sprintf("the commit here is %s, recorded at %s, with %d siblings, which is not part of the same "+
					"append",
					c.ID, es.FormatTime(c.At), len(c.Siblings))
			}
		}
	}
	return reason, nil
}

func placeOf(c *es.Commit) es.StreamVersion {
	return es.StreamVersion{Stream: c.Stream, Version: c.Version}
}

// label identifies a commit in findings.
func label(c *es.Commit) string { return fmt.Sprintf("%s (commit %s)", placeOf(c), c.ID) }

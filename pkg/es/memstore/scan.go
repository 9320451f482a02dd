package memstore

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/annals-es/annals/pkg/es"
)

var (
	_ es.Scanner   = (*Store)(nil)
	_ es.Inspector = (*Store)(nil)
)

// pageBytes is the maximum size of a page in bytes of commits, as on DynamoDB.
const pageBytes = 1 << 20

// Scan implements [es.Scanner]. The hash of a stream's name determines its segment.
func (s *Store) Scan(ctx context.Context, segment es.Segment) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) {
		last, err := place(segment)
		if err != nil {
			yield(es.ScanPage{}, err)
			return
		}
		if segment.After == es.End {
			return
		}
		p := pager{segment: segment, yield: yield}
		for _, stream := range s.in(segment, last.Stream) {
			from := int64(1)
			if stream == last.Stream {
				from = last.Version + 1
			}
			for _, c := range s.starting(stream, from, 0) {
				if !p.add(ctx, c) {
					return
				}
			}
		}
		p.flush(ctx, es.End)
	}
}

// Inspect implements [es.Inspector].
func (s *Store) Inspect(
	ctx context.Context, stream es.StreamID, versions es.VersionRange,
) iter.Seq2[es.ScanPage, error] {
	return func(yield func(es.ScanPage, error) bool) {
		if err := enter(ctx, stream); err != nil {
			yield(es.ScanPage{}, err)
			return
		}
		p := pager{segment: es.Segment{Consistent: true}, yield: func(page es.ScanPage, err error) bool {
			page.Next = ""
			return yield(page, err)
		}}
		for _, c := range s.starting(stream, versions.From, versions.To) {
			if !p.add(ctx, c) {
				return
			}
		}
		p.flush(ctx, "")
	}
}

// place returns the commit after which a segment's scan starts.
func place(segment es.Segment) (last es.StreamVersion, err error) {
	key, err := storekit.PositionKey(segment)
	if err != nil || key == "" {
		return last, err
	}
	version, stream, _ := strings.Cut(key, " ")
	if last.Version, err = strconv.ParseInt(version, 10, 64); err == nil {
		last.Stream, err = es.ParseStreamID(stream)
	}
	if err != nil {
		return last, &es.SegmentError{Segment: segment, Reason: "the position was made by another store: " + err.Error()}
	}
	return last, nil
}

// in returns the streams of a segment, sorted by name, starting with the stream from.
func (s *Store) in(segment es.Segment, from es.StreamID) []es.StreamID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	byName := func(a, b es.StreamID) int { return strings.Compare(a.String(), b.String()) }
	streams := slices.DeleteFunc(slices.Collect(maps.Keys(s.streams)), func(stream es.StreamID) bool {
		h := fnv.New32a()
		_, _ = h.Write([]byte(stream.String())) // never fails
		return int(h.Sum32())%segment.Of != segment.Index || from.Type != "" && byName(stream, from) < 0
	})
	slices.SortFunc(streams, byName)
	return streams
}

// starting returns a stream's commits whose first version is between from and to; to = 0 means no bound.
func (s *Store) starting(stream es.StreamID, from, to int64) []es.Commit {
	s.mu.RLock()
	commits := s.streams[stream] // only ever appended to
	s.mu.RUnlock()
	place := func(c es.Commit, version int64) int { return int(c.Version - version) }
	first, _ := slices.BinarySearchFunc(commits, from, place)
	commits = commits[first:]
	if to > 0 {
		end, _ := slices.BinarySearchFunc(commits, to+1, place)
		commits = commits[:end]
	}
	return commits
}

// pager yields commits in pages.
type pager struct {
	segment es.Segment
	yield   func(es.ScanPage, error) bool
	page    es.ScanPage
	bytes   int
}

// add adds a commit. If the commit does not fit into the page, add yields the page first. It returns false if the scan
// ends.
func (p *pager) add(ctx context.Context, c es.Commit) bool {
	n, size := len(p.page.Commits), storekit.Size(&c)
	if n > 0 && (n == p.segment.Limit || p.bytes+size > pageBytes) {
		last := p.page.Commits[n-1]
		if !p.flush(ctx, storekit.Position(p.segment, fmt.Sprintf("%d %s", last.Version, last.Stream))) {
			return false
		}
	}
	p.page.Commits = append(p.page.Commits, clone(c))
	p.bytes += size
	return true
}

// flush yields the page. It returns false if the scan ends.
func (p *pager) flush(ctx context.Context, next es.Position) bool {
	if err := ctx.Err(); err != nil {
		p.yield(es.ScanPage{}, fmt.Errorf("scan: %w", err))
		return false
	}
	page := p.page
	page.Next = next
	page.Units = float64((p.bytes + 4095) / 4096)
	if !p.segment.Consistent {
		page.Units /= 2
	}
	p.page, p.bytes = es.ScanPage{}, 0
	return p.yield(page, nil)
}

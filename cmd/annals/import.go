package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/internal/archive"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/verify"
)

func (c *cli) importCommand() *cobra.Command {
	var goOn bool
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Store the commits of an archive in an empty event table, and verify them",
		Long: `Store the commits of an archive, as ` + "`annals export`" + ` wrote it, in an event table that is empty, and verify the whole table.
The archive is checked first: every hash, every stream from its first commit on, and its end. Versions, times, ids and hashes
stay as they were, so consistency tokens, anchors and repeated commands mean what they meant. The command function must not have
started on the table: it then holds the record of its key of e-mail addresses, which the archive has, too.

Nobody may append to the table meanwhile. Read models follow by themselves where the table's stream is subscribed. Reactions do
nothing about what is imported: they were there when it happened. (Export when nothing is on its way to them: what they had
not reacted to by then, they never will.) Interrupted, --continue goes on: what is there must then be of the archive. Exit code
3: the table is not what the archive was.`,
		Example: "  annals --stack Other import annals.ndjson",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return c.importArchive(cmd, args[0], goOn) },
	}
	cmd.Flags().BoolVar(&goOn, "continue", false, "go on with an import of the same archive that was interrupted")
	c.unitsFlag(cmd)
	return cmd
}

// imported is the outcome of an import.
type imported struct {
	Commits int64 `json:"commits"`
	Events  int64 `json:"events"`
	// There is how many commits were stored before.
	There int64 `json:"there"`
}

func (c *cli) importArchive(cmd *cobra.Command, path string, goOn bool) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	total, ends := int64(0), map[es.StreamID]es.CommitRef{}
	for c, err := range archive.Read(file) { // all of it, before anything is stored
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		total++
		ends[c.Stream] = es.CommitRef{StreamVersion: es.StreamVersion{Stream: c.Stream, Version: c.LastVersion()}, Hash: c.Hash}
	}
	s, err := c.connect(cmd)
	if err != nil {
		return err
	}
	empty, err := s.empty(cmd.Context())
	if err != nil {
		return err
	}
	if !empty && !goOn {
		return errors.New("the event table is not empty: import into a new one, before its command function has started; " +
			"--continue goes on with an import that was interrupted")
	}
	if err := s.operator.reactions.Skip(cmd.Context(), slices.Collect(maps.Values(ends))...); err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	p := newProgress(cmd.ErrOrStderr(), "import", total)
	there, err := s.restore(cmd.Context(), archive.Read(file), p)
	p.end()
	if err != nil {
		return fmt.Errorf("%w\n%d commits are done; --continue goes on from there", err, p.commits)
	}
	if empty { // what was found there is what an attempt of ours stored whose answer was lost
		there = 0
	}
	report, err := s.Verify(cmd.Context(), verify.Config{UnitsPerSecond: c.units})
	if err != nil {
		return err
	}
	if report.Found > 0 || report.Commits != p.commits {
		if err := c.showReport(cmd, report); err != nil {
			return err
		}
		return found("the table has %d commits, the archive %d: somebody appended meanwhile", report.Commits, p.commits)
	}
	out := imported{p.commits, p.events, there}
	return c.show(cmd, out, func(w io.Writer) {
		fmt.Fprintf(w, "%d commits, %d events stored and verified; %d commits were there before\n", out.Commits, out.Events, out.There)
	})
}

// empty tells whether the event table is.
func (s *session) empty(ctx context.Context) (bool, error) {
	for page, err := range s.store.Scan(ctx, es.Segment{Of: 1, Limit: 1, Consistent: true}) {
		if err != nil {
			return false, err
		}
		if len(page.Commits)+len(page.Corrupt) > 0 {
			return false, nil
		}
	}
	return true, nil
}

// importers is how many commits are stored at once. Those of one stream are stored one after the other.
const importers = 16

// restore stores commits, and returns how many were there before.
func (s *session) restore(ctx context.Context, commits iter.Seq2[es.Commit, error], p *progress) (there int64, err error) {
	all, ctx := errgroup.WithContext(ctx)
	lanes := make([]chan es.Commit, importers)
	before := make([]int64, importers)
	for i := range lanes {
		lanes[i] = make(chan es.Commit, 16)
		all.Go(func() error {
			for c := range lanes[i] {
				now, err := s.store.Restore(ctx, &c)
				if err != nil {
					return err
				}
				if !now {
					before[i]++
				}
				p.add(1, len(c.Events))
			}
			return nil
		})
	}
	all.Go(func() error { return deal(ctx, commits, lanes) })
	err = all.Wait()
	for _, n := range before {
		there += n
	}
	return there, err
}

// deal gives each commit to the lane of its stream, and closes all lanes at the end.
func deal(ctx context.Context, commits iter.Seq2[es.Commit, error], lanes []chan es.Commit) error {
	defer func() {
		for i := range lanes {
			close(lanes[i])
		}
	}()
	for c, err := range commits {
		if err != nil {
			return err
		}
		select {
		case lanes[lane(c.Stream)] <- c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func lane(stream es.StreamID) uint32 {
	h := fnv.New32a()
	_, _ = io.WriteString(h, stream.String()) // never fails
	return h.Sum32() % importers
}

package main

import (
	"context"
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
		Long: `Store the commits of an archive of ` + "`annals export`" + ` in an empty event table, and verify the whole
table. The archive is checked first: every hash, every stream from its first commit on, and the archive's end.
Versions, times, ids and hashes are kept, so consistency tokens, anchors and idempotency keys stay valid. The command
function must not have started on the table: a start can store an event (the shop stores a check of its key of e-mail
addresses), which the archive has, too.

Nothing may append to the table while the import runs. Read models follow if the table's stream is subscribed.
Reactions skip imported events: they ran when the events were recorded. (Export when the reactions are up to date: an
event that they had not processed by then is skipped, too.) After an interruption, --continue continues; the table may
then have commits of the archive only. Exit code 3: the table does not have exactly the commits of the archive.`,
		Example: "  annals --stack Other import annals.ndjson",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return c.importArchive(cmd, args[0], goOn) },
	}
	cmd.Flags().BoolVar(&goOn, "continue", false, "continue an interrupted import of the same archive")
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
	for c, err := range archive.Read(file) { // checks the whole archive before anything is stored
		if err != nil {
			return fmt.Errorf("read archive %s: %w", path, err)
		}
		total++
		ends[c.Stream] = es.CommitRef{
			StreamVersion: es.StreamVersion{Stream: c.Stream, Version: c.LastVersion()}, Hash: c.Hash,
		}
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
		return fmt.Errorf("import %s: the event table is not empty: import into a new table before its command function has "+
			"started, or use --continue to continue an interrupted import", path)
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
		return fmt.Errorf("import %s: %w\n%d commits are stored; --continue continues from there", path, err, p.commits)
	}
	if empty { // a commit that was found stored is this import's own: the answer to its first attempt was lost
		there = 0
	}
	report, err := s.Verify(cmd.Context(), verify.Config{UnitsPerSecond: c.units})
	if err != nil {
		return err
	}
	if report.Found > 0 || report.Commits != p.commits {
		if err := c.showReport(cmd, report, s.operator.notCompared()); err != nil {
			return err
		}
		return found("the table has %d commits, the archive %d: another process appended during the import", report.Commits,
			p.commits)
	}
	out := imported{p.commits, p.events, there}
	return c.show(cmd, out, func(w io.Writer) {
		fmt.Fprintf(w, "%d commits, %d events stored and verified; %d commits were stored before\n", out.Commits, out.Events,
			out.There)
	})
}

// empty tells whether the event table is empty.
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

// importers is how many commits are stored concurrently. The commits of a stream are stored one after the other.
const importers = 16

// restore stores commits, and returns how many were already stored.
func (s *session) restore(
	ctx context.Context, commits iter.Seq2[es.Commit, error], p *progress,
) (there int64, err error) {
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

// deal sends each commit to its stream's lane, and closes all lanes at the end.
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

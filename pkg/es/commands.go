package es

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// KnownCommand identifies a command that is stored in a stream, and where to find its commit.
type KnownCommand struct {
	// Digest is the first 16 bytes of the SHA-256 of the command's id.
	Digest [16]byte
	// Version is the first version of the command's commit, At is when that commit was recorded.
	Version int64
	At      time.Time
}

// CommandBlock describes a block: commands of a stream that are stored together, apart from its snapshot. A block never
// changes.
type CommandBlock struct {
	// First and Last are the versions at which the commits of the block's first and last command start.
	First, Last int64
	// Hash is the hash of the last of these commits. It keeps blocks of a stream with a different history apart.
	Hash []byte
	// At is when the last of these commits was recorded.
	At time.Time
	// Commands is the number of commands in the block.
	Commands int
	// Expires is the time from which no snapshot needs the block.
	Expires time.Time
}

// ErrNoBlock means that a block of commands was not found in the snapshot store, or is incomplete.
var ErrNoBlock = errors.New("command block not found")

// knownCommands are the commands of a stream within the horizon, in the order of their commits: full blocks, then the
// recent ones. Copies share blocks and slices, so these are never changed in place.
type knownCommands struct {
	blocks []*knownBlock
	recent []KnownCommand
}

// knownBlock is a block of commands that is read from the store on first use.
type knownBlock struct {
	CommandBlock
	kept bool // already saved in the snapshot store

	mu       sync.Mutex
	commands []KnownCommand // sorted by digest; nil = not read yet
}

// horizon limits which commands are remembered: those of the last `length`, and about `most` of them.
type horizon struct {
	now    time.Time
	length time.Duration
	most   int // may be exceeded by almost one block, because only whole blocks are dropped
}

// blockMargin is how much longer a block is stored than its commands are remembered, because a process may still use an
// older snapshot that names it.
const blockMargin = 24 * time.Hour

// from returns the time before which commands are dropped, given the stream's last commit. If the commit's time is
// after now, it counts from now: a writer whose clock is ahead must not make commands expire early.
func (h horizon) from(last *Commit) time.Time {
	if last.At.Before(h.now) {
		return last.At.Add(-h.length)
	}
	return h.now.Add(-h.length)
}

// clipped returns a copy to which commands can be added without changing the original.
func (k *knownCommands) clipped() knownCommands {
	return knownCommands{slices.Clip(k.blocks), slices.Clip(k.recent)}
}

// add adds the command of a commit and drops commands outside the horizon. It calls now only if there are commands.
func (k *knownCommands) add(c *Commit, now func() horizon) {
	if c.Command.ID == "" && len(k.recent) == 0 && len(k.blocks) == 0 {
		return
	}
	h := now()
	if c.Command.ID != "" {
		k.recent = append(k.recent, KnownCommand{stored.CommandDigest(c.Command.ID), c.Version, c.At})
		if len(k.recent) >= stored.CommandsPerBlock {
			k.seal(c, h)
		}
	}
	k.forget(h.from(c), h.most)
}

// seal turns the recent commands into a block. last is the commit of the newest one.
func (k *knownCommands) seal(last *Commit, h horizon) {
	b := &knownBlock{commands: slices.Clone(k.recent), CommandBlock: CommandBlock{
		First: k.recent[0].Version, Last: last.Version, Hash: last.Hash, At: last.At, Commands: len(k.recent),
		Expires: last.At.Add(h.length + blockMargin),
	}}
	sortByDigest(b.commands)
	k.blocks, k.recent = append(k.blocks, b), nil
}

func (k *knownCommands) forget(from time.Time, most int) {
	for len(k.recent) > 0 && k.recent[0].At.Before(from) {
		k.recent = k.recent[1:]
	}
	count := len(k.recent)
	for _, b := range k.blocks {
		count += b.Commands
	}
	for len(k.blocks) > 0 && (k.blocks[0].At.Before(from) || count-k.blocks[0].Commands >= most) {
		count -= k.blocks[0].Commands
		k.blocks = k.blocks[1:]
	}
}

// loadBlocks reads blocks of a stream, the commands of each in commit order.
//
// Errors: [ErrNoBlock]; the store's.
type loadBlocks func(ctx context.Context, blocks []CommandBlock) ([][]KnownCommand, error)

// find returns the version of a command's commit. It searches the recent commands and the blocks in memory first, and
// reads the other blocks only if they do not hold it.
//
// Errors: those of load.
func (k *knownCommands) find(ctx context.Context, id string, load loadBlocks) (version int64, found bool, err error) {
	digest := stored.CommandDigest(id)
	if i := slices.IndexFunc(k.recent, func(c KnownCommand) bool { return c.Digest == digest }); i >= 0 {
		return k.recent[i].Version, true, nil
	}
	var unread []*knownBlock
	for _, b := range slices.Backward(k.blocks) {
		version, found, read := b.find(digest)
		if found {
			return version, true, nil
		}
		if !read {
			unread = append(unread, b)
		}
	}
	if len(unread) == 0 {
		return 0, false, nil
	}
	wanted := make([]CommandBlock, len(unread))
	for i, b := range unread {
		wanted[i] = b.CommandBlock
	}
	all, err := load(ctx, wanted)
	if err != nil {
		return 0, false, err
	}
	for i, b := range unread {
		if len(all[i]) != b.Commands {
			return 0, false, fmt.Errorf("%w: versions %d to %d: read %d commands, want %d",
				ErrNoBlock, b.First, b.Last, len(all[i]), b.Commands)
		}
		b.keep(all[i])
		if at, here, _ := b.find(digest); here {
			version, found = at, true
		}
	}
	return version, found, nil
}

func (b *knownBlock) find(digest [16]byte) (version int64, found, read bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, found := slices.BinarySearchFunc(b.commands, digest, func(c KnownCommand, d [16]byte) int {
		return bytes.Compare(c.Digest[:], d[:])
	})
	if found {
		version = b.commands[i].Version
	}
	return version, found, b.commands != nil
}

func (b *knownBlock) keep(commands []KnownCommand) {
	sortByDigest(commands)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.commands = commands
}

// inOrder returns the commands of a block that is still to be saved, in commit order.
func (b *knownBlock) inOrder() []KnownCommand {
	b.mu.Lock()
	defer b.mu.Unlock()
	commands := slices.Clone(b.commands)
	slices.SortFunc(commands, func(a, b KnownCommand) int { return cmp.Compare(a.Version, b.Version) })
	return commands
}

func sortByDigest(commands []KnownCommand) {
	slices.SortFunc(commands, func(a, b KnownCommand) int { return bytes.Compare(a.Digest[:], b.Digest[:]) })
}

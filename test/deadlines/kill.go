package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
	"github.com/annals-es/annals/test/internal/servicetest"
)

// killed counts what was killed.
type killed struct{ functions, runners, databases int }

// maxRunners is how often the runner is killed at most.
const maxRunners = 5

// harass kills functions all the time, the runner some times, and DynamoDB Local once, until the context ends.
func (s *stack) harass(ctx context.Context, seed uint64) (killed, error) {
	var n killed
	dice := rand.New(rand.NewPCG(seed, 0))
	next := time.Now().Add(2 * time.Second)
	for {
		select {
		case <-ctx.Done():
			return n, nil
		case <-time.After(time.Duration(200+dice.IntN(600)) * time.Millisecond):
		}
		again := context.WithoutCancel(ctx)
		switch {
		case time.Now().Before(next):
			if s.killFunction(dice) {
				n.functions++
			}
			continue
		case n.runners == 1 && n.databases == 0:
			n.databases++
			if err := s.restartDatabase(again); err != nil {
				return n, err
			}
		case n.runners == maxRunners:
		default:
			n.runners++
			if err := s.restartRunner(again); err != nil {
				return n, err
			}
		}
		next = time.Now().Add(time.Duration(2000+dice.IntN(8000)) * time.Millisecond)
	}
}

func (s *stack) killFunction(dice *rand.Rand) bool {
	functions := slices.DeleteFunc(s.Processes(), func(p servicetest.Process) bool { return !p.Function() })
	return len(functions) > 0 && syscall.Kill(functions[dice.IntN(len(functions))].PID, syscall.SIGKILL) == nil
}

// restartRunner kills the runner, and starts it again with what it had stored.
func (s *stack) restartRunner(ctx context.Context) error {
	s.Kill()
	if err := s.startService(ctx); err != nil {
		return fmt.Errorf("restart the runner: %w", err)
	}
	return nil
}

// restartDatabase kills DynamoDB Local, and starts it again with its files.
func (s *stack) restartDatabase(ctx context.Context) error {
	return s.gate.closed(func() error {
		if err := s.db.Kill(); err != nil {
			return err
		}
		again, err := dynamolocal.Start(ctx, s.options)
		if err != nil {
			return fmt.Errorf("restart DynamoDB Local: %w", err)
		}
		s.db = again
		return nil
	})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/annals-es/annals/test/internal/servicetest"
	"github.com/annals-es/annals/test/northwind/data"
	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/importer"
)

// forgetDuring sends the second part of the orders. In its middle, customers are forgotten.
func (t *story) forgetDuring(ctx context.Context) error {
	second := t.nw
	second.Products = nil
	second.Orders = slices.DeleteFunc(slices.Clone(t.nw.Orders), func(o data.Order) bool { return t.before[o.ID] })
	sender := &tolerant{sender: t.operator, refused: map[string]bool{}}
	bar := &progress{}
	in := importer.Importer{Sender: sender, AtOnce: 4, Products: noBar{}, Orders: bar}
	importing := make(chan error, 1)
	go func() { importing <- in.Run(ctx, second) }()
	if err := t.killing(ctx, bar, len(second.Orders)/5); err != nil {
		return err
	}
	if err := t.halted(ctx); err != nil {
		return err
	}
	t.say("  %d of %d orders were sent by then", bar.done.Load(), len(second.Orders))
	if err := <-importing; err != nil {
		return err
	}
	t.say("  %d commands, %d sent again; refused after the forgetting: orders %v", in.Tally().Commands,
		t.operator.Repeats(), slices.Sorted(maps.Keys(sender.refused)))
	if len(sender.refused) == 0 {
		return errors.New("no order was refused: nobody was forgotten in the middle")
	}
	if err := t.figures(ctx, part(t.nw, func(o data.Order) bool { return !sender.refused[o.ID] })); err != nil {
		return err
	}
	if err := t.verify(ctx); err != nil {
		return err
	}
	return t.gone(ctx, first, during, late)
}

// progress counts orders.
type progress struct{ done atomic.Int64 }

func (p *progress) Add() { p.done.Add(1) }

// tolerant sends commands. When one is refused because its customer is forgotten, it leaves out the rest of the order.
type tolerant struct {
	sender importer.Sender

	mu      sync.Mutex
	refused map[string]bool // by order
}

func (s *tolerant) Send(ctx context.Context, cmd client.Command) (client.Answer, error) {
	order, _, _ := strings.Cut(strings.TrimPrefix(cmd.Path, "/orders/"), "/")
	s.mu.Lock()
	over := s.refused[order]
	s.mu.Unlock()
	if over {
		return client.Answer{}, nil
	}
	answer, err := s.sender.Send(ctx, cmd)
	if isProblem(err, forgottenProblem, addressProblem) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refused[order] = true
		return client.Answer{}, nil
	}
	return answer, err
}

// kills is how often a function is killed.
const kills = 5

// killing forgets a customer when some orders were sent, and kills functions before and after that.
func (t *story) killing(ctx context.Context, sent *progress, orders int) error {
	err := until(ctx, time.Minute, func() error {
		if n := int(sent.done.Load()); n < orders {
			return fmt.Errorf("%d orders were sent in a minute", n)
		}
		return nil
	})
	if err != nil {
		return err
	}
	dice, killed := rand.New(rand.NewPCG(1, 2)), []string{t.kill(nil)}
	started := time.Now()
	if err := t.request(ctx, during); err != nil {
		return err
	}
	for len(killed) < kills {
		time.Sleep(time.Duration(200+dice.IntN(800)) * time.Millisecond)
		killed = append(killed, t.kill(dice))
	}
	r, err := t.forgotten(ctx, during)
	if err != nil {
		return err
	}
	t.say("  %s is forgotten after %.1f s: %+v", during, time.Since(started).Seconds(), r)
	t.say("  killed: %s", strings.Join(killed, ", "))
	return nil
}

// kill kills the process of one function, and returns the function's name. Without dice it is the first process.
func (t *story) kill(dice *rand.Rand) string {
	running := slices.DeleteFunc(t.Processes(), func(p servicetest.Process) bool { return !p.Function() })
	if len(running) == 0 {
		return "none"
	}
	one := running[0]
	if dice != nil {
		one = running[dice.IntN(len(running))]
	}
	if err := syscall.Kill(one.PID, syscall.SIGKILL); err != nil {
		return "none: " + err.Error()
	}
	return one.Name
}

// halted forgets a customer while projectors are halted, and the write of one of them is held that has the customer's
// data. It is let go after all waits are over.
func (t *story) halted(ctx context.Context) error {
	p := t.people[late]
	c, err := t.customer(ctx, p.ID)
	if err != nil {
		return err
	}
	h := t.gate.hold(t.finders[late])
	deposit := body{"amount": dollars(1)}
	if err := post(ctx, c, "late", http.MethodPost, "/accounts/"+p.account()+"/deposits", deposit); err != nil {
		return err
	}
	var action string
	select {
	case action = <-h.held:
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(20 * time.Second):
		return errors.New("no write with data of the customer came within 20 s")
	}
	stopped := t.signal("projector", syscall.SIGSTOP)
	defer t.signal("projector", syscall.SIGCONT)
	if stopped == 0 {
		return errors.New("no projector runs")
	}
	started := time.Now()
	r, err := t.forget(ctx, late)
	if err != nil {
		return err
	}
	time.Sleep(forgetWait)
	t.say("  %s is forgotten after %.1f s: %+v", late, time.Since(started).Seconds(), r)
	if err := t.gone(ctx, late); err != nil {
		return err
	}
	t.signal("projector", syscall.SIGCONT)
	close(h.free)
	t.say("  %d projectors halted for %.1f s, with a %s that had the data", stopped, time.Since(started).Seconds(), action)
	return t.level(ctx, p)
}

// signal sends a signal to all processes of a function, and returns how many there are.
func (t *story) signal(function string, signal syscall.Signal) int {
	n := 0
	for _, p := range t.Processes() {
		if p.Function() && strings.Contains(strings.ToLower(p.Name), function) && syscall.Kill(p.PID, signal) == nil {
			n++
		}
	}
	return n
}

// level waits until the read model has all deposits of a person.
func (t *story) level(ctx context.Context, p person) error {
	return until(ctx, time.Minute, func() error {
		var account struct {
			Owner   string `json:"ownerName"`
			Balance struct {
				Amount string `json:"amount"`
			} `json:"balance"`
		}
		if err := t.operator.Get(ctx, "/accounts/"+p.account(), nil, &account); err != nil {
			return err
		}
		if account.Balance.Amount != "101.00" || account.Owner != removed {
			return fmt.Errorf("the account of %s is %+v, want a balance of 101.00 and the owner %s", p.ID, account, removed)
		}
		return nil
	})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/annals-es/annals/test/internal/servicetest"
)

// bench measures a running service.
type bench struct {
	traffic traffic
	memory  *memory
}

// measure runs clients for a time. At the same time, a probe measures how far read models are behind.
func (b *bench) measure(
	ctx context.Context, name string, clients int, length time.Duration, observers ...func(*vegeta.Result),
) *measured {
	fmt.Fprintf(os.Stderr, "%s clients, for %v …\n", name, length)
	m := &measured{name: name, length: length}
	from := time.Since(b.memory.began)
	probing, enough := context.WithCancel(ctx)
	var probe sync.WaitGroup
	probe.Go(func() { b.traffic.probe(probing, m) })
	m.commands, m.queries = attack(b.traffic, clients, 0, length, observers...)
	enough()
	probe.Wait()
	m.peak = b.memory.peak(from)
	return m
}

// check returns an error for each thing that must not happen below the runner's limits: answers other than success, and
// read models that do not catch up.
func (m *measured) check() error {
	var wrong []error
	if all := m.errors(); all != "" {
		wrong = append(wrong, fmt.Errorf("%s clients: answers other than success: %s", m.name, all))
	}
	if n := m.refused(); n > 0 {
		wrong = append(wrong, fmt.Errorf("%s clients: %d requests were refused", m.name, n))
	}
	if m.lagging > 0 {
		wrong = append(wrong, fmt.Errorf("%s clients: %d new accounts were not in the read model within 10 s",
			m.name, m.lagging))
	}
	return errors.Join(wrong...)
}

// steadyClients is the number of clients of the steady load. More would measure the machine's limit, not the service's.
const steadyClients = 8

// soak runs clients for a long time, and compares the memory of the processes in the second quarter, when the caches
// have begun to fill, with that in the last quarter.
func (b *bench) soak(ctx context.Context, o options) (string, error) {
	from := time.Since(b.memory.began)
	var answered []time.Duration
	began := time.Now()
	m := b.measure(ctx, fmt.Sprint(steadyClients), steadyClients, o.soak, func(r *vegeta.Result) {
		answered = append(answered, r.End().Sub(began))
	})
	to := time.Since(b.memory.began)
	quarter := (to - from) / 4
	text, leaks := b.memory.growth([2]time.Duration{from + quarter, from + 2*quarter}, [2]time.Duration{to - quarter, to})
	text = fmt.Sprintf("Steady load for %v: %s\n%s", o.soak, table([]*measured{m}), text)
	return text, errors.Join(m.check(), leaks, b.drawSoak(o.out, from, to, answered))
}

// leaking is the ratio by which a process may grow from the second to the last quarter of a steady load: caches still
// fill.
const leaking = 1.25

// growth compares the memory of the largest process of each name in two periods.
func (m *memory) growth(early, late [2]time.Duration) (string, error) {
	text := "| process | second quarter, MB | last quarter, MB | ratio |\n| --- | ---: | ---: | ---: |\n"
	var leaks []error
	for _, name := range m.names() {
		before, after := m.median(name, early[0], early[1]), m.median(name, late[0], late[1])
		if before == 0 {
			continue
		}
		ratio := float64(after) / float64(before)
		text += fmt.Sprintf("| %s | %.0f | %.0f | %.2f |\n", name, megabytes(before), megabytes(after), ratio)
		if ratio > leaking && name != servicetest.DynamoDB { // a Java heap grows until it is collected
			leaks = append(leaks, fmt.Errorf("memory of %s grew from %.0f to %.0f MB", name, megabytes(before),
				megabytes(after)))
		}
	}
	return text, errors.Join(leaks...)
}

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// refusedWithin is how long a refusal may take. It is short, since a refusal runs no function.
const refusedWithin = time.Second

// overload sends three times as many requests as the service can answer. Then it checks that the service works normally
// again.
func (b *bench) overload(ctx context.Context, o options, levels []*measured) (string, error) {
	most := 0.0
	for _, m := range levels {
		most = max(most, m.perSecond())
	}
	rate := int(3*most) + 1
	fmt.Fprintf(os.Stderr, "%d requests a second, for %v …\n", rate, o.overload)
	over := &measured{name: fmt.Sprintf("%d a second", rate), length: o.overload}
	over.commands, over.queries = attack(b.traffic, 0, rate, o.overload)
	after := b.measure(ctx, fmt.Sprint(steadyClients), steadyClients, o.each)
	text := "Overload, and after it:\n" + table([]*measured{over, after})
	wrong := []error{after.check()}
	if all := over.errors(); all != "" {
		wrong = append(wrong, fmt.Errorf("overload: answers other than success and refusal: %s", all))
	}
	if over.refused() == 0 {
		wrong = append(wrong, fmt.Errorf("%d requests a second did not overload the service: no request was refused", rate))
	}
	for _, s := range []*seen{&over.commands, &over.queries} {
		if slow := answeredIn(&s.refusals, 990); slow > refusedWithin {
			wrong = append(wrong, fmt.Errorf("overload: refusals took %v at p99, want at most %v", slow, refusedWithin))
		}
	}
	return text, errors.Join(wrong...)
}

package main

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// seen is what clients saw of one kind of request.
type seen struct {
	vegeta.Metrics
	refusals vegeta.LatencyMetrics // of the answers 429 and 503
	refused  int
}

// measured is what was measured while clients worked.
type measured struct {
	name              string
	length            time.Duration
	commands, queries seen
	lags              vegeta.LatencyMetrics // from a command's answer until a query shows it
	lagging           int                   // how many times no query showed it within the wait
	peak              map[string]usage      // by name of process
}

// attack has clients send requests: clients > 0 so many, each as soon as it was answered; else at a rate a second, answered or
// not. Each result goes to every observer.
func attack(t traffic, clients, rate int, length time.Duration, observers ...func(*vegeta.Result)) (commands, queries seen) {
	pacer, workers := vegeta.Rate{Freq: rate, Per: time.Second}, uint64(clients)
	if clients == 0 {
		workers = 4096 // more than can be waiting: refusals are fast
	}
	attacker := vegeta.NewAttacker(
		vegeta.Workers(min(workers, 512)), vegeta.MaxWorkers(workers), vegeta.Connections(int(workers)), vegeta.Timeout(40*time.Second),
		vegeta.HTTP2(false),
	)
	for result := range attacker.Attack(t.next, pacer, length, "") {
		of := &commands
		if result.Method == http.MethodGet {
			of = &queries
		}
		of.add(result)
		for _, observe := range observers {
			observe(result)
		}
	}
	commands.Close()
	queries.Close()
	return commands, queries
}

func (s *seen) add(r *vegeta.Result) {
	if r.Code == http.StatusTooManyRequests || r.Code == http.StatusServiceUnavailable {
		s.refused++
		s.refusals.Add(r.Latency)
	}
	s.Add(r)
}

// answeredIn is within which time so many of a thousand were answered.
func answeredIn(l *vegeta.LatencyMetrics, ofThousand float64) time.Duration {
	if l.Total == 0 {
		return 0
	}
	return l.Quantile(ofThousand / 1000)
}

// errors are the answers that were neither successes nor refusals, "" = none.
func (m *measured) errors() string {
	count := map[string]int{}
	for _, s := range []*seen{&m.commands, &m.queries} {
		for code, n := range s.StatusCodes {
			switch {
			case strings.HasPrefix(code, "2"), code == strconv.Itoa(http.StatusTooManyRequests), code == strconv.Itoa(http.StatusServiceUnavailable):
			default:
				count[code] += n
			}
		}
	}
	var all []string
	for _, code := range slices.Sorted(maps.Keys(count)) {
		what := code
		if code == "0" {
			what = "no answer"
		}
		all = append(all, strconv.Itoa(count[code])+" × "+what)
	}
	return strings.Join(all, ", ")
}

func (m *measured) refused() int { return m.commands.refused + m.queries.refused }

// perSecond is how many requests succeeded in a second.
func (m *measured) perSecond() float64 { return m.commands.Throughput + m.queries.Throughput }

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

// seen has the measurements of one kind of request.
type seen struct {
	vegeta.Metrics
	refusals vegeta.LatencyMetrics // of the answers 429 and 503
	refused  int
}

// measured has the measurements of one level of load.
type measured struct {
	name              string
	length            time.Duration
	commands, queries seen
	lags              vegeta.LatencyMetrics // from a command's answer to the answer of a query that shows it
	lagging           int                   // how often the query did not show it within the wait
	peak              map[string]usage      // the peak memory, by name of process
}

// attack sends requests for a time. If clients > 0, that many clients send a request as soon as they have the answer to
// the one before. Else requests are sent at a rate a second, whether they are answered or not. Each result goes to
// every observer.
func attack(
	t traffic, clients, rate int, length time.Duration, observers ...func(*vegeta.Result),
) (commands, queries seen) {
	pacer, workers := vegeta.Rate{Freq: rate, Per: time.Second}, uint64(clients)
	if clients == 0 {
		workers = 4096 // enough: most requests are refused quickly, so fewer are waiting at a time
	}
	attacker := vegeta.NewAttacker(
		vegeta.Workers(min(workers, 512)), vegeta.MaxWorkers(workers), vegeta.Connections(int(workers)),
		vegeta.Timeout(40*time.Second),
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

// answeredIn returns a quantile of latencies, in thousandths: 990 is p99.
func answeredIn(l *vegeta.LatencyMetrics, ofThousand float64) time.Duration {
	if l.Total == 0 {
		return 0
	}
	return l.Quantile(ofThousand / 1000)
}

// errors lists the answers that were neither successes nor refusals, "" if there were none.
func (m *measured) errors() string {
	count := map[string]int{}
	for _, s := range []*seen{&m.commands, &m.queries} {
		for code, n := range s.StatusCodes {
			switch {
			case strings.HasPrefix(code, "2"), code == strconv.Itoa(http.StatusTooManyRequests),
				code == strconv.Itoa(http.StatusServiceUnavailable):
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

// perSecond returns the number of successful requests a second.
func (m *measured) perSecond() float64 { return m.commands.Throughput + m.queries.Throughput }

package projection

import "time"

// Observation reports the progress of a projection with one stream, in a serving generation, or that its store is away.
type Observation struct {
	Projection string
	// Versions is how many versions the projection advanced by. Lag is how long ago the last of them was recorded.
	Versions int64
	Lag      time.Duration
	// Parked means that the stream is parked: it did not advance.
	Parked bool
	// Away means that an [Outage] of the projection could not be ended: no stream advanced. Lag is then how long the
	// outage has lasted.
	Away bool
}

// observe reports that a stream advanced in a target. recorded is when the last commit that it now shows was stored.
func (e *Engine) observe(t *target, versions int64, recorded time.Time) {
	if t.Status == Serving && versions > 0 {
		e.cfg.Observe(Observation{Projection: t.sub.name(), Versions: versions, Lag: max(e.cfg.Now().Sub(recorded), 0)})
	}
}

// observeAway reports that an outage could not be ended.
func (e *Engine) observeAway(projection string, since time.Time) {
	e.cfg.Observe(Observation{Projection: projection, Away: true, Lag: max(e.cfg.Now().Sub(since), 0)})
}

func (e *Engine) observeParked(t *target) {
	if t.Status == Serving {
		e.cfg.Observe(Observation{Projection: t.sub.name(), Parked: true})
	}
}

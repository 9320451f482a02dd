package projection

import "time"

// Observation is how a projection is doing with one stream, in a generation that serves.
type Observation struct {
	Projection string
	// Versions is how many versions the projection was behind and now shows, Lag how long ago the last of them was recorded.
	Versions int64
	Lag      time.Duration
	// Parked says that the stream waits instead.
	Parked bool
}

// observe tells how far a stream came in a target. Recorded is when the last commit that is shown now was stored.
func (e *Engine) observe(t *target, versions int64, recorded time.Time) {
	if t.Status == Serving && versions > 0 {
		e.cfg.Observe(Observation{Projection: t.sub.name(), Versions: versions, Lag: max(e.cfg.Now().Sub(recorded), 0)})
	}
}

func (e *Engine) observeParked(t *target) {
	if t.Status == Serving {
		e.cfg.Observe(Observation{Projection: t.sub.name(), Parked: true})
	}
}

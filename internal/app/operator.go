package app

import (
	"github.com/annals-es/annals/pkg/es/projection"
)

// Operator is what the people who run the service work with.
type Operator struct {
	Engine    *projection.Engine
	Rebuilder *projection.Rebuilder
}

// Operator returns the read models' engine and rebuilder. It needs ProjectorTables.
func (s Service) Operator(cfg projection.RebuildConfig) (*Operator, error) {
	store, err := s.store()
	if err != nil {
		return nil, err
	}
	models := s.models()
	engine := projection.NewEngine(store, models.Catalog(), s.engine(), models.Subscriptions()...)
	cfg.Log, cfg.Throttled = s.Log, unavailable
	return &Operator{Engine: engine, Rebuilder: projection.NewRebuilder(engine, store, cfg)}, nil
}

// engine configures what brings read models forward.
func (s Service) engine() projection.Config {
	return projection.Config{Log: s.Log, Queue: s.Queue, Notifier: s.Notifier, Code: codeVersion()}
}

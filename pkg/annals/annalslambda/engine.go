package annalslambda

import "github.com/annals-es/annals/pkg/es/projection"

// engine configures what brings projections forward, with the queue that it leaves work to.
func (d Deployment) engine(queue projection.Queue) projection.Config {
	return projection.Config{
		Log: d.Log, Queue: queue, Notifier: d.Notifier, CodeVersion: codeVersion, Observe: d.Meter.Observe,
	}
}

// starting is a configuration with what starts rebuilds.
func (d Deployment) starting(cfg projection.Config) projection.Config {
	if d.Rebuilds != nil { // a Starter that is nil, not one that holds nil
		cfg.Starter = d.Rebuilds
	}
	return cfg
}

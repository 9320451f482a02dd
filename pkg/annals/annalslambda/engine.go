package annalslambda

import "github.com/annals-es/annals/pkg/es/projection"

// engine returns the configuration of an engine of projections. The engine puts work for later into queue.
func (d Deployment) engine(queue projection.Queue) projection.Config {
	return projection.Config{
		Log: d.Log, Queue: queue, Notifier: d.Notifier, CodeVersion: codeVersion, Observe: d.Meter.Observe,
	}
}

// starting adds to a configuration what starts rebuilds.
func (d Deployment) starting(cfg projection.Config) projection.Config {
	if d.Rebuilds != nil { // keeps cfg.Starter a nil interface
		cfg.Starter = d.Rebuilds
	}
	return cfg
}

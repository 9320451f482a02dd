package client

import "time"

// Config configures a Client. Zero fields get their defaults.
type Config struct {
	Attempts    int           // of one request, default 25
	WaitMin     time.Duration // before the second attempt, default 50 ms; doubled from there on
	WaitMax     time.Duration // at most between two attempts, default 4 s
	Timeout     time.Duration // of one attempt, default 35 s: API Gateway gives up after 30
	Connections int           // kept open, default 32
	Token       string        // of the caller, default none
}

func (c Config) withDefaults() Config {
	def := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	def(&c.WaitMin, 50*time.Millisecond)
	def(&c.WaitMax, 4*time.Second)
	def(&c.Timeout, 35*time.Second)
	if c.Attempts == 0 {
		c.Attempts = 25
	}
	if c.Connections == 0 {
		c.Connections = 32
	}
	return c
}

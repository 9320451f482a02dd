package main

import (
	"errors"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// cardEvent is an event of a loyalty card, which collects points and is gold from 1,000 of them.
type cardEvent interface{ isCardEvent() }

type pointsCollected struct {
	Points int `json:"points"`
}

type turnedGold struct{}

func (pointsCollected) isCardEvent() {}
func (turnedGold) isCardEvent()      {}

type card struct {
	Points int  `json:"points"`
	Gold   bool `json:"gold"`
}

func (c *card) evolve(event cardEvent) {
	switch e := event.(type) {
	case pointsCollected:
		c.Points += e.Points
	case turnedGold:
		c.Gold = true
	}
}

const goldFrom = 1000

var errNoPoints = errors.New("points must be positive")

// collect decides about a purchase.
func (c card) collect(points int) ([]cardEvent, error) {
	switch {
	case points < 1:
		return nil, errNoPoints
	case !c.Gold && c.Points+points >= goldFrom:
		return []cardEvent{pointsCollected{Points: points}, turnedGold{}}, nil
	}
	return []cardEvent{pointsCollected{Points: points}}, nil
}

var cardEvents = es.NewRegistry(
	es.Type[cardEvent]("PointsCollected", 1, pointsCollected{}),
	es.Type[cardEvent]("TurnedGold", 1, turnedGold{}),
)

var cards = es.Aggregate[card, cardEvent]{StreamType: "Card", Events: cardEvents, Evolve: (*card).evolve}

// goldCards counts the gold cards, and stores each card's points as its row.
var goldCards = projection.New("gold-cards", 1, projection.From(cards,
	projection.On(func(c *card, e projection.Event[cardEvent], _ *projection.Writes) error {
		c.evolve(e.Data)
		return nil
	}),
	projection.On(func(_ *card, _ projection.Event[turnedGold], w *projection.Writes) error {
		w.Add(goldKey, "cards", projection.Int(1))
		return nil
	}),
))

var goldKey = projection.Key{Partition: "gold", Sort: "all"}

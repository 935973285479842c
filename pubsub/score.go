package pubsub

import (
	"time"

	lib "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	decayEvery = 10 * time.Second
	decayZero  = 0.01
)

// peerScore sets what bad behaviour costs. One rejected message is forgiven, two silence a peer's gossip, four make us deaf to it
// for some minutes. Neither a shared address (a family, an office) nor a quiet peer costs anything.
func peerScore() (*lib.PeerScoreParams, *lib.PeerScoreThresholds) {
	return &lib.PeerScoreParams{
			SkipAtomicValidation:      true,
			Topics:                    map[string]*lib.TopicScoreParams{}, // filled as topics are joined
			AppSpecificScore:          func(peer.ID) float64 { return 0 },
			TopicScoreCap:             10,
			IPColocationFactorWeight:  0,
			BehaviourPenaltyWeight:    -5,
			BehaviourPenaltyThreshold: 6,
			BehaviourPenaltyDecay:     lib.ScoreParameterDecayWithBase(10*time.Minute, decayEvery, decayZero),
			DecayInterval:             decayEvery,
			DecayToZero:               decayZero,
			RetainScore:               30 * time.Minute,
		}, &lib.PeerScoreThresholds{
			GossipThreshold:             -40,
			PublishThreshold:            -80,
			GraylistThreshold:           -160,
			AcceptPXThreshold:           1000, // nobody: peers are found elsewhere
			OpportunisticGraftThreshold: 1,
		}
}

// topicScore: bringing messages first counts a little for a peer, bringing bad ones much against it. Mesh deliveries have no
// weight: topics are quiet for hours, and a peer is not bad for having nothing to say.
func topicScore() *lib.TopicScoreParams {
	return &lib.TopicScoreParams{
		SkipAtomicValidation:           true,
		TopicWeight:                    1,
		TimeInMeshWeight:               0.01,
		TimeInMeshQuantum:              time.Minute,
		TimeInMeshCap:                  60,
		FirstMessageDeliveriesWeight:   0.1,
		FirstMessageDeliveriesDecay:    lib.ScoreParameterDecayWithBase(10*time.Minute, decayEvery, decayZero),
		FirstMessageDeliveriesCap:      50,
		MeshMessageDeliveriesWeight:    0,
		MeshFailurePenaltyWeight:       0,
		InvalidMessageDeliveriesWeight: -10,
		InvalidMessageDeliveriesDecay:  lib.ScoreParameterDecayWithBase(30*time.Minute, decayEvery, decayZero),
	}
}

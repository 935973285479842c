package node

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/pandal-chat/pandal/crdt/epoch"
	"github.com/pandal-chat/pandal/crdt/op"
	"github.com/pandal-chat/pandal/identity"
)

// invitePoint is where members wait for those who hold a link: HMAC(K_rdv of the epoch that the Invite names, invite id).
func invitePoint(rdv [32]byte, invite op.ID) [32]byte {
	return epoch.MeetingPoint(rdv, identity.LabelRendezvous, invite[:])
}

// lanTag is one rotating mDNS name, dhtKey one rotating DHT key, for whoever holds a point.
func lanTag(point [32]byte, day uint32) []byte {
	m := epoch.MeetingPoint(point, identity.LabelLANTag, binary.BigEndian.AppendUint32(nil, day))
	return m[:9]
}

func dhtKey(point [32]byte, day uint32) [32]byte {
	m := epoch.MeetingPoint(point, identity.LabelDHTKey, binary.BigEndian.AppendUint32(nil, day), []byte{0})
	return sha256.Sum256(m[:])
}

// meetAgain registers under today's names: the community's, those of its open invites, and the join key's. Nothing changes while they do
// not. Owner only.
func (r *room) meetAgain() {
	day := epoch.Day(r.n.now())
	if r.host() == nil || r.place == string(binary.BigEndian.AppendUint32(nil, day)) {
		return
	}
	r.place = string(binary.BigEndian.AppendUint32(nil, day))
	var points [][32]byte
	if st := r.c.State(r.id); st != nil && r.c.Mine(r.id) {
		if k := r.c.Meeting(r.id); len(k) > 0 {
			points = append(points, k[0])
		}
		for _, inv := range st.Invites() {
			body := r.c.Log().Op(inv).Body.(op.InviteBody)
			if rdv, ok := r.c.RendezvousOf(r.id, body.Epoch); ok && (body.Expires == 0 || body.Expires > r.n.now()) && len(points) < 12 {
				points = append(points, invitePoint(rdv, inv))
			}
		}
	} else if l, err := r.link(); err == nil {
		points = append(points, l.Rendezvous)
	}
	points = append(points, epoch.MeetingPoint(r.fixed.JoinKey, identity.LabelRendezvous))
	var tags [][]byte
	var keys [][32]byte
	for _, p := range points {
		tags = append(tags, lanTag(p, day))
		keys = append(keys, dhtKey(p, day), dhtKey(p, day-1))
	}
	r.host().SetLANTags(tags[:min(16, len(tags))])
	r.host().SetRendezvous(keys)
}

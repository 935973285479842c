package identity

import "crypto/sha256"

// Label separates the uses of keys and hashes. A label is always followed by one zero byte, and no label contains one, so two
// different uses can never have the same input.
type Label string

// The table of all labels (protocol.md section 2). A new use gets a new label; none is ever reused.
const (
	LabelMember      Label = "pandal/1 member key"
	LabelCert        Label = "pandal/1 device certificate"
	LabelConsent     Label = "pandal/1 device consent"
	LabelUser        Label = "pandal/1 user id"
	LabelDeviceName  Label = "pandal/1 device id"
	LabelSafety      Label = "pandal/1 safety words"
	LabelInviteKey   Label = "pandal/1 invite key"
	LabelInviteProof Label = "pandal/1 invite proof"
	LabelOwnerSalt   Label = "pandal/1 owner salt"

	LabelOp         Label = "pandal/1 op"
	LabelRotate     Label = "pandal/1 owner rotate"
	LabelRosterRoot Label = "pandal/1 roster root"
	LabelDirect     Label = "pandal/1 direct message"

	LabelCommit     Label = "pandal/1 epoch commit"
	LabelMessages   Label = "pandal/1 messages"
	LabelTag        Label = "pandal/1 tag"
	LabelTopic      Label = "pandal/1 topic"
	LabelRendezvous Label = "pandal/1 rendezvous"
	LabelSync       Label = "pandal/1 sync"
	LabelDesk       Label = "pandal/1 desk"
	LabelDeskHeader Label = "pandal/1 desk header"
	LabelHeader     Label = "pandal/1 message header"
	LabelBody       Label = "pandal/1 message body"
	LabelRotator    Label = "pandal/1 who rotates"
	LabelKeyReq     Label = "pandal/1 key request"
	LabelKeyResp    Label = "pandal/1 key response"

	LabelHandshake Label = "pandal/1 handshake"
	LabelHello     Label = "pandal/1 hello"
	LabelJoin      Label = "pandal/1 join"
	LabelJoinAsk   Label = "pandal/1 join request id"
	LabelLink      Label = "pandal/1 device link"
	LabelRestore   Label = "pandal/1 restore"
	LabelState     Label = "pandal/1 state hash"
	LabelLANTag    Label = "pandal/1 lan tag"
	LabelDHTKey    Label = "pandal/1 dht key"
	LabelStoreKey  Label = "pandal/1 store key"
	LabelSnapshot  Label = "pandal/1 state snapshot"
)

// Labels returns every label, for the test that they are unique and for SPEC.md.
func Labels() []Label {
	return []Label{
		LabelMember, LabelCert, LabelConsent, LabelUser, LabelDeviceName, LabelSafety, LabelInviteKey, LabelInviteProof, LabelOwnerSalt,
		LabelOp, LabelRotate, LabelRosterRoot, LabelDirect,
		LabelCommit, LabelMessages, LabelTag, LabelTopic, LabelRendezvous, LabelSync, LabelDesk, LabelDeskHeader, LabelHeader, LabelBody,
		LabelRotator, LabelKeyReq, LabelKeyResp,
		LabelHandshake, LabelHello, LabelJoin, LabelJoinAsk, LabelLink, LabelRestore, LabelState, LabelLANTag, LabelDHTKey, LabelStoreKey, LabelSnapshot,
	}
}

// Bytes returns label ‖ 0 ‖ parts…, the input of every labelled signature and hash. Callers pass parts of fixed width, or one
// part of free width last, so that the split is unambiguous.
func (l Label) Bytes(parts ...[]byte) []byte {
	n := len(l) + 1
	for _, p := range parts {
		n += len(p)
	}
	b := make([]byte, 0, n)
	b = append(append(b, l...), 0)
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// Hash returns SHA-256 of Bytes(parts…).
func (l Label) Hash(parts ...[]byte) [32]byte { return sha256.Sum256(l.Bytes(parts...)) }

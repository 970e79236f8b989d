/** While the card is charged. After a while it says that this is unusual, since silence worries more than time. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { words } from '../words.ts';

const SLOW_MS = 6_000;

export function Charging(): JSX.Element {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="charging" role="status">
      <div class="card charging-card">
        <span class="spinner spinner-large" aria-hidden="true" />
        <h2>{words.checkout.chargingTitle}</h2>
        <p class="muted">{isSlow ? words.checkout.chargingSlow : words.checkout.chargingText}</p>
      </div>
    </div>
  );
}

/** A small number that is chosen with a button on either side. */
import type { JSX } from 'preact';
import { Icon } from '../parts/icons.tsx';
import { words } from '../words.ts';

export function Quantity({
  value,
  min,
  max,
  label,
  onChange,
}: {
  value: number;
  min: number;
  max: number;
  label: string;
  onChange: (value: number) => void;
}): JSX.Element {
  return (
    <fieldset class="quantity" aria-label={label}>
      <button
        type="button"
        class="icon-button"
        disabled={value <= min}
        onClick={() => onChange(value - 1)}
        aria-label={words.map.fewer}
      >
        <Icon name="minus" size={18} />
      </button>
      <output aria-live="polite">{value}</output>
      <button
        type="button"
        class="icon-button"
        disabled={value >= max}
        onClick={() => onChange(value + 1)}
        aria-label={words.map.more}
      >
        <Icon name="plus" size={18} />
      </button>
    </fieldset>
  );
}

import { expect, it } from 'vitest';
import { inkOn, mix } from './theme.ts';

it('mixes colours in either spelling', () => {
  expect(mix('#ff0000', '#ffffff', 1)).toBe('rgb(255 0 0)');
  expect(mix('#000000', '#fff', 0.5)).toBe('rgb(128 128 128)');
});

it('writes on a colour in what is read better', () => {
  expect(inkOn('#ffe066')).toBe('#14111c');
  expect(inkOn('#b5179e')).toBe('#ffffff');
});

/** Starts the page. */
import { render } from 'preact';
import { App } from './app.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/calm.css';

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
